// The words of the audit.
export const auditTexts = {
  title: 'Audit',
  lead: 'Who did what to which thing, and when.',
  columns: { at: 'When', actor: 'Who', action: 'What', subject: 'To', details: 'Particulars' },
  empty: { title: 'Nothing here', body: 'No entry fits.' },
  filters: {
    label: 'Filters',
    subject: 'To (id)',
    actor: 'Who (id)',
    submit: 'Filter',
    clear: 'Show all',
  },
};
