// What the kinds of things are called, one by one.
export const thingTexts = {
  kinds: {
    datasets: 'dataset',
    tunings: 'tuning',
    evaluations: 'evaluation',
    scorings: 'batch scoring',
    adapters: 'adapter',
    nodes: 'node',
    keys: 'key',
  },
  actors: { operator: 'the operator', system: 'the service itself' },
};
