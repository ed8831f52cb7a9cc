// The words around every chart.
export const chartTexts = {
  table: 'Table',
  save: 'Save',
  saveNamed: (title: string) => `Save: ${title}`,
  svg: 'As SVG',
  png: 'As PNG',
  csv: 'Data as CSV',
  more: (rows: string) => `${rows} more rows are in the CSV file`,
  figure: 'What',
  value: 'Value',
  low: 'From',
  high: 'To',
  ends: (low: string, high: string) => ` (${low} to ${high})`,
  interval: (value: string, low: string, high: string) => `${value} (${low} to ${high})`,
};
