// The words of the page about nodes.
import { counted } from './counted.ts';
import { isolated } from './isolated.ts';

export const nodeTexts = {
  title: 'Nodes',
  lead: 'Machines of yours that do the computing. A node opens no port: it dials out to this service.',
  create: 'New node',
  columns: {
    name: 'Name',
    state: 'Status',
    machine: 'Machine',
    models: 'Models',
    job: 'Works on',
    seen: 'Last seen',
  },
  states: { joining: 'Has not joined', offline: 'Offline', online: 'Online', upgrade: 'Too old' },
  draining: 'Draining',
  shared: 'Shared',
  sharedHint: 'It belongs to the operator and serves every workspace.',
  machine: (provider: string, precision: string) => `${provider}, ${precision}`,
  memory: (size: string) => `${size} of memory`,
  version: (version: string) => `version ${version}`,
  waiting: (count: string) => `${count} requests waiting`,
  noModels: 'none',
  idle: 'nothing',
  empty: {
    title: 'No nodes yet',
    body: 'Nothing can be tuned or scored without one. Make a node here, then start it on your machine with the command that you are shown.',
  },
  form: {
    title: 'New node',
    name: 'Name',
    nameHint: 'What you call the machine, for example “workstation”.',
    submit: 'Make the node',
  },
  join: {
    title: 'Start the node',
    body: 'Run this on the machine. The token is shown this once, and joins one node.',
    command: 'the command',
    expires: 'It holds until',
    done: 'I have copied it',
  },
  verbs: { drain: 'Drain', resume: 'Give it work again', renew: 'New token', delete: 'Delete' },
  confirm: {
    renewTitle: 'Give this node a new token?',
    renew: 'Its present secret ends and its connection is closed. It joins again with the new token.',
    deleteTitle: 'Delete this node?',
    delete: 'Its secret ends and its connection is closed. What it works on goes to another node.',
  },
  away: {
    title: 'Its node is away',
    body: (name: string, seconds: number) =>
      `${isolated(name)} does not work on it at the moment. It waits to be taken up again${
        seconds > 0 ? ` (within ${counted(seconds, 'second', 'seconds')})` : ''
      }, by this node or another one, and goes on from its last checkpoint.`,
  },
};
