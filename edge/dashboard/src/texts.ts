// Every word that the dashboard shows, by page; another language is another object of this shape.
import { auditTexts } from './texts/audit.ts';
import { chartTexts } from './texts/charts.ts';
import { keyTexts } from './texts/keys.ts';
import { nodeTexts } from './texts/nodes.ts';
import { settingTexts } from './texts/settings.ts';
import { tuningDetailTexts } from './texts/tuning-detail.ts';
import { tuningFormTexts } from './texts/tuning-form.ts';
import { tuningTexts } from './texts/tunings.ts';

export const texts = {
  common: {
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
  },
  states: {
    loading: 'Loading',
    failed: 'This did not work',
    notFresh: 'What you see may be out of date',
    requestId: 'Request id',
    retry: 'Try again',
    reload: 'Load the page again',
    offlineTitle: 'You are offline',
    offline: 'The page goes on by itself as soon as there is a connection.',
  },
  fields: {
    missing: 'Fill this in.',
    whole: 'Only whole numbers.',
    chooseOne: 'Choose at least one.',
    atLeast: (least: string) => `It has to be at least ${least}.`,
    moreThan: (least: string) => `It has to be greater than ${least}.`,
    atMost: (most: string) => `It may be at most ${most}.`,
    atMostCharacters: (most: string) => `At most ${most} characters.`,
  },
  pager: { label: 'Pages', newest: 'Newest', older: 'Older' },
  shell: {
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
  },
  navigation: { tunings: 'Tunings', nodes: 'Nodes', keys: 'Keys', audit: 'Audit' },
  signIn: {
    title: 'Sign in',
    lead: 'With an API key of your workspace. The browser keeps a cookie that ends with the key, and never the key itself.',
    key: 'API key',
    keyHint: 'It begins with tlr_ and was shown once, when it was made.',
    keyMissing: 'Paste a key.',
    submit: 'Sign in',
    linkUsed: 'The link did not work',
    linkHint: 'A link signs in once and for a few minutes. Ask for another, or sign in with a key.',
  },
  notFound: {
    title: 'There is no such page',
    lead: 'The address may be mistyped, or what was here is gone.',
    home: 'To the start',
  },
  noAccess: {
    title: 'Nothing to see with this key',
    lead: 'Your key has no scope that lets it read. Ask an administrator for one with the scope “read”, then sign in again.',
  },
  charts: chartTexts,
  tunings: { ...tuningTexts, form: { ...tuningFormTexts, settings: settingTexts }, detail: tuningDetailTexts },
  nodes: nodeTexts,
  keys: keyTexts,
  audit: auditTexts,
} as const;
