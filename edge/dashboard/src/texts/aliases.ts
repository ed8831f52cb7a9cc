// The words of the pages about aliases.
export const aliasTexts = {
  title: 'Aliases',
  lead: 'Names that programs use in place of an adapter. Moved to another, they answer by that one from the next request on.',
  columns: { alias: 'Alias', adapter: 'Points at', since: 'Since' },
  empty: {
    title: 'No aliases yet',
    body: 'Open an adapter and point an alias at it, for example “production”. Programs that name it need no change when a better one comes.',
    action: 'To the adapters',
  },
  pointsAt: 'Points at',
  since: 'since',
  history: 'History',
  historyColumns: { at: 'When', adapter: 'Pointed at', by: 'Moved by' },
  now: 'Now',
  nothing: 'nothing: it was deleted',
  verbs: { try: 'Try it', back: 'Back to this one', delete: 'Delete' },
  confirm: {
    backTitle: (alias: string, adapter: string) => `Point ${alias} back at ${adapter}?`,
    back: 'Requests that name the alias are answered by it from the next one on.',
    deleteTitle: (alias: string) => `Delete the alias ${alias}?`,
    delete: 'Requests that name it are refused from now on. The adapter stays, and so does the alias’s history.',
  },
};
