// `tallrec node`: what this machine is to the edges that it is a node of.
import { type Command, InvalidArgumentError } from 'commander';
import { config } from '../config.ts';
import { Memberships, parseEdgeUrl, rotateSecret, setDraining } from '../server/membership.ts';

interface EdgeOptions {
  edge: string;
  json?: boolean;
}

export function registerNode(program: Command): void {
  const node = program.command('node').description('Look after this machine as a node of an edge.');
  const edgeOf = (text: string) => {
    try {
      return parseEdgeUrl(text);
    } catch (error) {
      throw new InvalidArgumentError((error as Error).message);
    }
  };

  node
    .command('status')
    .description('List the edges that this machine is a node of, and whether each answers.')
    .option('--json', 'print JSON')
    .action(async ({ json }: { json?: boolean }) => {
      const memberships = await new Memberships(config().home).list();
      const nodes = await Promise.all(
        memberships.map(async ({ edge, node, joinedAt }) => ({ edge, node, joinedAt, answers: await answers(edge) })),
      );
      if (json) print(JSON.stringify({ nodes }));
      else if (nodes.length === 0) print('This machine is not a node of any edge: see tallrec serve --help.');
      for (const { edge, node, joinedAt, answers } of json ? [] : nodes) {
        print(`${edge}  ${node}  joined ${joinedAt}  ${answers ? 'the edge answers' : 'the edge does not answer'}`);
      }
    });

  node
    .command('rotate')
    .description('Give this machine a new secret; a running `tallrec serve` dials with it from its next connection on.')
    .requiredOption('--edge <url>', 'URL of the edge', edgeOf)
    .option('--json', 'print JSON')
    .action(async ({ edge, json }: EdgeOptions) => {
      const { node } = await rotateSecret(new Memberships(config().home), edge);
      print(json ? JSON.stringify({ edge, node }) : `${node} has a new secret for ${edge}.`);
    });

  node
    .command('drain')
    .description('Take no new work from the edge, and end what there is; --undo takes work again.')
    .requiredOption('--edge <url>', 'URL of the edge', edgeOf)
    .option('--undo', 'take work again')
    .option('--json', 'print JSON')
    .action(async ({ edge, undo, json }: EdgeOptions & { undo?: boolean }) => {
      const draining = !undo;
      const { node } = await setDraining(new Memberships(config().home), edge, draining);
      const words = draining ? 'gets no new work and ends what it has' : 'gets work again';
      print(json ? JSON.stringify({ edge, node, draining }) : `${node} ${words}.`);
    });
}

async function answers(edge: string): Promise<boolean> {
  const signal = AbortSignal.timeout(5_000);
  return await fetch(new URL('/health', edge), { signal }).then(
    ({ ok }) => ok,
    () => false,
  );
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
