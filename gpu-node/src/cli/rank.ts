// `tallrec rank`: orders candidates for one history.
import { TallrecError } from '@tallrec/shared/errors';
import { RANK_ORDERS, type RankOrder, rankInputSchema } from '@tallrec/shared/wire/score';
import { type Command, Option } from 'commander';
import { readText } from '../data/read-rows.ts';
import { interruptSignal } from '../dev/interrupt.ts';
import { promptRowsOf } from '../llama/prompt-rows.ts';
import { rankCandidates } from '../score/scorer.ts';
import { blendOf, openAdapter, openEngine, templateOf, withItems } from './open-engine.ts';
import { withScoringOptions } from './option-values.ts';
import type { ScoringCommandOptions } from './score.ts';

export function registerRank(program: Command): void {
  withScoringOptions(program.command('rank'))
    .description('Rank candidates for one history, the likeliest like first.')
    .requiredOption('--request <file.json>', '{"noun"?, "history": [{"title", "liked"}], "candidates": [{"title"}]}')
    .addOption(
      new Option(
        '--order-by <what>',
        "blend: the adapter's, an error without one (default: blend where it has one)",
      ).choices(RANK_ORDERS),
    )
    .action(rank);
}

async function rank(options: ScoringCommandOptions & { request: string; orderBy?: RankOrder }): Promise<void> {
  const signal = interruptSignal();
  const asked = await readRequest(options.request);
  const request = { ...asked, orderBy: options.orderBy ?? asked.orderBy };
  const engine = await openEngine(options);
  const { model, place } = engine;
  const opened = await withItems(await openAdapter(options.adapter, engine), options.items);
  const template = templateOf(options.template, engine);
  const rows = promptRowsOf(engine, { template, cutoffTokens: options.cutoff });
  const { results: ranking, tokens } = await rankCandidates(model, rows, request, {
    adapter: opened?.adapter,
    blend: blendOf(opened, options.orderBy === 'blend'),
    signal,
  });
  await model.close();
  if (options.json) {
    process.stdout.write(
      `${JSON.stringify({ ranking, model: place.name, adapter: opened?.id ?? null, template, tokens })}\n`,
    );
    return;
  }
  for (const [place, { score, blendScore, candidate }] of ranking.entries()) {
    const blended = blendScore === undefined ? '' : ` (blend ${blendScore.toFixed(4)})`;
    const by = candidate.by ? ` by ${candidate.by}` : '';
    process.stdout.write(`${String(place + 1).padStart(3)}. ${score.toFixed(4)}${blended}  ${candidate.title}${by}\n`);
  }
}

async function readRequest(path: string) {
  let json: unknown;
  try {
    json = JSON.parse(await readText(path));
  } catch (cause) {
    if (cause instanceof TallrecError) throw cause;
    throw new TallrecError('VALIDATION_FAILED', `${path} is not JSON.`, {
      fix: 'See "tallrec rank --help" for its form.',
      cause,
    });
  }
  const parsed = rankInputSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  throw new TallrecError('VALIDATION_FAILED', `${path}: ${issue.path.join('.') || 'document'}: ${issue.message}.`, {
    fix: 'See "tallrec rank --help" for its form.',
  });
}
