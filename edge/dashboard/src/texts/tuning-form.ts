// The words of the form of a new tuning, but for its settings.
export const tuningFormTexts = {
  title: 'New tuning',
  lead: 'Choose what to learn from and which model learns. Everything else has a value that works.',
  submit: 'Start tuning',
  advanced: 'Advanced: the recipe',
  advancedHint: 'The values of the paper stand in the fields. Change them only if you know why.',
  noModels: 'No connected node holds a model yet. Start a node first, or accept the wait below and name the model.',
  noDatasets: 'No dataset is ready for this kind of tuning. Upload one by the API: POST /v1/datasets.',
  newestOnly: (shown: string) => `The newest ${shown} are listed; older ones can be used by the API.`,
  rows: (rows: string) => `${rows} rows`,
  nothing: 'None',
  byRule: 'Chosen for you',
};
