// What an experiment found, as sections of tables and figures: the Markdown file and the HTML page are both made from them.

import { type PAPER_DOMAINS, paperAuc } from '@tallrec/shared/paper-figures';
import { formatMs } from '../cli/progress.ts';
import { METHOD_NAMES } from '../methods/registry.ts';
import type { Series } from '../report/chart-spec.ts';
import type { Block, Cell, Page, Section } from '../report/page.ts';
import type { ResultRow, Results } from './results.ts';

const ORDER: readonly string[] = METHOD_NAMES.map(({ name }) => name);

export function resultsPage(results: Results): Page {
  const pairs = Map.groupBy(results.rows, ({ trainedOn, testedOn }) => pairTitle(trainedOn, testedOn));
  return {
    title: results.title,
    lead: lead(results),
    sections: [
      ...[...pairs].map(([title, rows]) => pairSection(title, rows, results)),
      detailsSection(results),
      protocolSection(results),
    ],
    footer: `Made by \`${results.command}\`.`,
  };
}

function lead({ complete, cells, failures, seeds }: Results): string {
  const state = complete
    ? ''
    : ` It is not complete: ${cells.length} cells are done${failures.length > 0 ? ` and ${failures.length} failed` : ''}.`;
  return `AUC × 100 on test rows that no fit has seen, mean of ${seeds} seed${seeds === 1 ? '' : 's'}; ± is half of Student's 95 % interval over seeds (of two, half of their range). The share of the history that was liked is a rule without parameters: what does not pass it has learned nothing beyond a user's base rate.${state}`;
}

function pairTitle(trainedOn: readonly string[], testedOn: string): string {
  if (trainedOn.length === 1 && trainedOn[0] === testedOn) return testedOn;
  return `Tuned on ${trainedOn.join(' + ')}, tested on ${testedOn}`;
}

function pairSection(title: string, rows: readonly ResultRow[], results: Results): Section {
  const { shots } = results;
  const byMethod = [...Map.groupBy(rows, ({ method }) => method).values()].sort(
    ([a], [b]) => ORDER.indexOf(a!.method) - ORDER.indexOf(b!.method),
  );
  const at = (own: readonly ResultRow[], k: number) => own.find((row) => row.shots === null || row.shots === k);
  const hasPaper = rows.some(({ paper }) => paper.length > 0);
  const { n, users, likedShare, ruleAuc, rulePerUserAuc } = rows[0]!;
  const ruleNote = (auc: number | null) =>
    auc === null || rows.some(({ method }) => method === 'history-share')
      ? ''
      : ` The share of history liked comes to ${percent(auc)}.`;
  const withinUsers: Block = {
    kind: 'table',
    caption: "AUC × 100 within users: users' base rates taken away",
    columns: [{ title: 'Method' }, ...shots.map((k) => ({ title: `K = ${k}`, align: 'right' as const }))],
    rows: byMethod.map((own) => [
      own[0]!.title,
      ...shots.map((k) => {
        const row = at(own, k);
        return withHalf(row?.perUserAuc, row?.perUserSeedsInterval);
      }),
    ]),
    note: `Mean over ${users} users with both classes.${ruleNote(rulePerUserAuc)}`,
  };
  const blocks: Block[] = [
    {
      kind: 'table',
      caption: 'AUC × 100 over all test rows',
      columns: [
        { title: 'Method' },
        ...shots.flatMap((k) => [
          ...(hasPaper
            ? ['ours', 'paper'].map((title) => ({ title, align: 'right' as const, group: `K = ${k}` }))
            : [{ title: `K = ${k}`, align: 'right' as const }]),
        ]),
      ],
      rows: byMethod.map((own) => [
        own[0]!.title,
        ...shots.flatMap((k): Cell[] => {
          const row = at(own, k);
          const paper = row?.paper.find((figure) => figure.shots === k)?.auc ?? null;
          return [withHalf(row?.auc, row?.seedsInterval), ...(hasPaper ? [percent(paper)] : [])];
        }),
      ]),
      note: `${n} rows, ${(100 * likedShare).toFixed(1)} % liked.${users === 0 ? ' They tell no users apart.' : ''}${ruleNote(ruleAuc)}`,
    },
    ...(users === 0 ? [] : [withinUsers]),
    ...figures(title, rows, results),
  ];
  return { title, blocks };
}

function figures(title: string, rows: readonly ResultRow[], { shots, domains }: Results): Block[] {
  if (shots.length < 2) return [];
  const paper = domains.find(({ name }) => name === title)?.paper;
  const blocks: Block[] = [];
  const published = paper ? paperSeries(paper, shots) : [];
  const own = [...Map.groupBy(rows, ({ title }) => title).values()].map((of) => ({ points: pointsOf(of, shots) }));
  const y = { ...AUC_AXIS, range: rangeOf([...published, ...own]) };
  for (const kind of ['conventional', 'language-model', 'control'] as const) {
    const byMethod = Map.groupBy(
      rows.filter((row) => row.kind === kind || (kind !== 'control' && row.method === 'history-share')),
      ({ title }) => title,
    );
    const series = [...byMethod].map(([name, own]): Series => ({ name, points: pointsOf(own, shots) }));
    const drawn = series.filter(({ points }) => points.length > 0);
    if (drawn.length === 0 || ![...byMethod.values()].flat().some((row) => row.kind === kind)) continue;
    const label = `AUC against K, ${title}: ${kind.replace('-', ' ')} methods`;
    blocks.push({
      kind: 'chart',
      caption: `${label}; bars are 95 % intervals over seeds.`,
      chart: { kind: 'lines', label, x: shotsAxis(shots), y, series: drawn },
    });
  }
  if (published.length > 0) {
    const label = `The paper's figures, ${title} (LLaMA-7B)`;
    blocks.push({
      kind: 'chart',
      caption: `${label}, on the same axes.`,
      chart: { kind: 'lines', label, x: shotsAxis(shots), y, series: published },
    });
  }
  return blocks;
}

const AUC_AXIS = { title: 'AUC × 100', reference: 50, format: '.0f' } as const;

/** The same for all figures of a domain, in steps of five. */
function rangeOf(series: readonly Pick<Series, 'points'>[]): [number, number] {
  const values = series.flatMap(({ points }) => points.flatMap(({ y, low = y, high = y }) => [low, high]));
  return [5 * Math.floor(Math.min(50, ...values) / 5), 5 * Math.ceil(Math.max(50, ...values) / 5)];
}

function shotsAxis(shots: readonly number[]) {
  return { title: 'K, training samples', scale: 'log', ticks: shots } as const;
}

function pointsOf(rows: readonly ResultRow[], shots: readonly number[]): Series['points'] {
  return shots.flatMap((k) => {
    const row = rows.find((own) => own.shots === null || own.shots === k);
    if (!row || row.auc === null) return [];
    const { seedsInterval: ends } = row;
    return [
      {
        x: k,
        y: 100 * row.auc,
        ...(ends ? { low: 100 * Math.max(0, ends.low), high: 100 * Math.min(1, ends.high) } : {}),
      },
    ];
  });
}

function paperSeries(domain: (typeof PAPER_DOMAINS)[number], shots: readonly number[]): Series[] {
  return METHOD_NAMES.map(({ name, title }) => ({
    name: title,
    points: shots.flatMap((k) => {
      const figure = paperAuc(domain, name, k);
      return figure === null ? [] : [{ x: k, y: 100 * figure }];
    }),
  })).filter(({ points }) => points.length > 0);
}

function detailsSection({ rows, cells }: Results): Section {
  const chosen = cells.filter((cell) => Object.keys(cell.chosen).length > 0);
  const right = (title: string) => ({ title, align: 'right' as const });
  return {
    title: 'In detail',
    blocks: [
      {
        kind: 'table',
        caption: 'Every cell of the tables',
        columns: [
          { title: 'Method' },
          { title: 'Trained → tested' },
          ...['K', 'seeds', 'AUC', '95 % over seeds', '95 % over users, first seed', 'within users', 'n', 'users'].map(
            right,
          ),
          ...['paper', 'fit', 'score', 'tokens', 'cost'].map(right),
        ],
        rows: rows.map((row) => [
          row.title,
          `${row.trainedOn.join(' + ')} → ${row.testedOn}`,
          row.shots ?? 'any',
          row.seeds,
          percent(row.auc, 2),
          range(row.seedsInterval),
          row.usersInterval
            ? `${range(row.usersInterval)}${row.usersInterval.resampled === 'rows' ? ' (rows)' : ''}`
            : null,
          percent(row.perUserAuc, 2),
          row.n,
          row.users,
          row.paper.length > 0 ? row.paper.map(({ auc }) => percent(auc, 2)).join(' / ') : null,
          formatMs(row.fitMs),
          formatMs(row.scoreMs),
          row.tokens === null ? null : Math.round(row.tokens).toLocaleString('en'),
          row.costUsd === null ? null : `$${row.costUsd.toFixed(4)}`,
        ]),
        note: 'Times and tokens are means over seeds; tokens are those of training and scoring, validation not counted.',
      },
      ...(chosen.length === 0
        ? []
        : [
            {
              kind: 'table',
              caption: 'What validation chose',
              columns: [{ title: 'Method' }, { title: 'Trained on' }, right('K'), right('seed'), { title: 'chosen' }],
              rows: chosen.map((cell) => [
                cell.title,
                cell.trainedOn.join(' + '),
                cell.shots ?? 'any',
                cell.seed ?? 'any',
                Object.entries(cell.chosen)
                  .map(([name, value]) => `${name} ${typeof value === 'number' ? round(value) : value}`)
                  .join(', '),
              ]),
            } satisfies Block,
          ]),
    ],
  };
}

function protocolSection({ domains, model, machine, paper, validLimit, testLimit, failures }: Results): Section {
  const gigabytes = Math.round(machine.memoryBytes / 1e9);
  const facts: [string, string | number][] = [
    ...(model ? ([['Model', `${model.name} (${model.contentHash.slice(0, 12)})`]] as [string, string][]) : []),
    ['Machine', `${machine.cpu}, ${machine.cores} cores, ${gigabytes} GB, ${machine.platform}, Node ${machine.node}`],
    ['Validation rows', validLimit === null ? 'all' : `${validLimit} of each domain, drawn by the seed`],
    ['Test rows', testLimit === null ? 'all' : `the first ${testLimit}`],
    ["The paper's figures", paper],
    ...domains.map((domain): [string, string] => [
      `Data: ${domain.name}`,
      `shots from ${domain.trainSamples} samples (${domain.trainRule}), ${domain.validSamples} to validate; ${domain.files
        .map(({ path, sha256 }) => `${path} ${sha256.slice(0, 12)}`)
        .join(', ')}`,
    ]),
  ];
  return {
    title: 'Protocol',
    blocks: [
      {
        kind: 'prose',
        text: 'A cell draws its K shots by its seed, the same for every method. Hyper-parameters and the step to stop at are chosen by AUC on the validation rows alone. The test rows are read after the fit, and no method is shown their labels.',
      },
      { kind: 'facts', facts },
      ...(failures.length === 0
        ? []
        : [
            { kind: 'list', items: failures.map(({ cell, message }) => `Failed: ${cell}: ${message}`) } satisfies Block,
          ]),
    ],
  };
}

function percent(value: number | null | undefined, digits = 1): string | null {
  return value === null || value === undefined ? null : (100 * value).toFixed(digits);
}

function withHalf(
  value: number | null | undefined,
  ends: { low: number; high: number } | null | undefined,
): string | null {
  const centre = percent(value);
  return centre === null || !ends ? centre : `${centre} ± ${((100 * (ends.high - ends.low)) / 2).toFixed(1)}`;
}

function range(ends: { low: number; high: number } | null): string | null {
  return ends ? `${percent(ends.low)} – ${percent(ends.high)}` : null;
}

function round(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)));
}
