// The words that all pages share, and those of the frame around them.

export const commonTexts = {
  ownTemplate: 'The adapter’s own, else clean',
  product: 'TALLRec Edge',
  copy: 'Copy',
  copied: 'Copied',
  close: 'Close',
  back: 'Go back',
  cancel: 'Cancel',
  never: 'never',
  none: '–',
  actions: 'Actions',
  yes: 'yes',
  no: 'no',
};

export const stateTexts = {
  missing: {
    title: 'It is not there',
    body: 'Nothing has this address: it was deleted, belongs to another workspace, or the address is mistyped.',
  },
  loading: 'Loading',
  failed: 'This did not work',
  notFresh: 'What you see may be out of date',
  requestId: 'Request id',
  retry: 'Try again',
  reload: 'Load the page again',
  offlineTitle: 'You are offline',
  offline: 'The page goes on by itself as soon as there is a connection.',
};

export const fieldTexts = {
  missing: 'Fill this in.',
  whole: 'Only whole numbers.',
  chooseOne: 'Choose at least one.',
  atLeast: (least: string) => `It has to be at least ${least}.`,
  moreThan: (least: string) => `It has to be greater than ${least}.`,
  atMost: (most: string) => `It may be at most ${most}.`,
  atMostCharacters: (most: string) => `At most ${most} characters.`,
};

export const pagerTexts = { label: 'Pages', newest: 'Newest', older: 'Older' };

export const shellTexts = {
  skip: 'Skip to the content',
  navigation: 'Main navigation',
  openNavigation: 'Open the navigation',
  closeNavigation: 'Close the navigation',
  workspace: 'Workspace',
  key: 'Key',
  expires: 'Signed in until',
  signOut: 'Sign out',
  apiDocs: 'API reference',
  scheme: 'Appearance',
  schemes: { auto: 'As the system', light: 'Light', dark: 'Dark' },
};

export const navigationTexts = {
  datasets: 'Data',
  tunings: 'Tunings',
  evaluations: 'Evaluations',
  compare: 'Compare',
  experiments: 'Experiments',
  adapters: 'Adapters',
  playground: 'Playground',
  scorings: 'Batch scorings',
  nodes: 'Nodes',
  keys: 'Keys',
  audit: 'Audit',
};

export const noAccessTexts = {
  title: 'Nothing to see with this key',
  lead: 'Your key has no scope that lets it read. Ask an administrator for one with the scope “read”, then sign in again.',
};

export const missingScopeTexts = {
  title: 'Your key may not do this',
  lead: (scope: string) =>
    `This page needs a key with the scope “${scope}”, and the one that you are signed in with lacks it. Ask an administrator for such a key, then sign in with that.`,
};

export const notFoundTexts = {
  title: 'There is no such page',
  lead: 'The address may be mistyped, or what was here is gone.',
  home: 'To the start',
};
