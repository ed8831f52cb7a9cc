// The words of the list of tunings, and those that all pages about tunings share.
export const tuningTexts = {
  title: 'Tunings',
  lead: 'Each teaches a language model, from examples of what people liked, to say whether someone will like something new.',
  create: 'New tuning',
  columns: {
    name: 'Name',
    state: 'Status',
    model: 'Model',
    dataset: 'Dataset',
    progress: 'Progress',
    auc: 'Best AUC',
    created: 'Created',
  },
  aucHint: '1 is perfect, 0.5 is guessing.',
  empty: {
    title: 'No tunings yet',
    body: 'A tuning needs a dataset and a node that holds a model. It leaves an adapter: a small file that makes the model a recommender.',
  },
  states: {
    queued: 'Waiting',
    dispatched: 'Starting',
    running: 'Running',
    publishing: 'Saving',
    succeeded: 'Done',
    failed: 'Failed',
    cancelled: 'Cancelled',
    deleting: 'Being deleted',
    stopping: 'Stopping',
  },
  steps: (done: string, total: string) => `${done} of ${total} steps`,
};
