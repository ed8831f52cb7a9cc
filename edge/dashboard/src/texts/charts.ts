// The words around every chart.
export const chartTexts = {
  table: 'Table',
  save: 'Save',
  saveNamed: (title: string) => `Save: ${title}`,
  svg: 'As SVG',
  png: 'As PNG',
  csv: 'Data as CSV',
  more: (rows: string) => `${rows} more rows are in the CSV file`,
};
