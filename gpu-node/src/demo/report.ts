// The demo's story as a page.
import type { Chart } from '../report/chart-spec.ts';
import type { Block, Page } from '../report/page.ts';
import { comparedMethods, percent, verdict } from './comparison.ts';
import { type CurvePoint, curvesOf } from './curves.ts';
import { intervalText } from './draw.ts';
import { filmRows, rankingVerdict } from './ranked-films.ts';
import { CHOICE, premise, type Told } from './story.ts';

export interface ReportFacts {
  command: string;
  durationMs: number;
  at: Date;
  /** What kind of model it was, in a sentence. */
  aboutModel: string;
}

export function storyPage(told: Told, { command, durationMs, at, aboutModel }: ReportFacts): Page {
  const { model, ratings, users, shots, sample, report } = told;
  return {
    title: 'TALLRec Edge: a recommender from a handful of examples',
    lead: premise(shots).replaceAll('\n', ' '),
    sections: [
      {
        title: 'What came of it',
        blocks: [
          { kind: 'prose', text: `${verdict(told).join(' ')}\n\nThe model: ${aboutModel}` },
          {
            kind: 'facts',
            facts: [
              ['model', model],
              ['ratings', `${ratings} of ${users} people`],
              ['tuned on', `${shots} samples`],
              ['judged on', `${report.n} samples of ${report.users} people`],
            ],
          },
          ...comparisonBlocks(told),
        ],
      },
      { title: 'How the tuning went', blocks: tuningBlocks(told) },
      {
        title: 'What the model reads',
        blocks: [
          {
            kind: 'verbatim',
            text: sample.prompt + (sample.answer ?? ''),
            caption: 'One sample. The last line is the answer that it learns; its score is the probability of "Yes".',
          },
        ],
      },
      { title: 'A ranking', blocks: rankingBlocks(told) },
    ],
    footer: `Made by \`${command}\` in ${Math.round(durationMs / 1000)} s on ${at.toISOString().slice(0, 10)} (${report.precision} on ${report.provider}). Ratings: MovieLens latest-small, GroupLens, University of Minnesota.`,
  };
}

function comparisonBlocks(told: Told): Block[] {
  const methods = comparedMethods(told);
  const dots = methods.flatMap(({ name, auc, interval, perUserAuc }) => {
    const ends = interval ? { low: 100 * interval.low, high: 100 * interval.high } : {};
    return [
      ...(auc === null ? [] : [{ name, series: 'all rows', value: 100 * auc, ...ends }]),
      ...(perUserAuc === null ? [] : [{ name, series: 'within users', value: 100 * perUserAuc }]),
    ];
  });
  const { interval, users } = told.report;
  const drawn = interval?.resampled === 'users' ? `whole users drawn again, ${users} of them` : 'rows drawn again';
  return [
    ...(dots.length === 0
      ? []
      : [
          {
            kind: 'chart',
            chart: {
              kind: 'dots',
              label: `AUC by method, over all rows and within users: ${methods.map(({ name, auc, perUserAuc }) => `${name} ${percent(auc)} and ${percent(perUserAuc)}`).join('; ')}`,
              x: { title: 'AUC × 100', reference: 50 },
              rows: dots,
            },
            caption: `The line at 50 is chance; bars are intervals of 95 % (${drawn}).`,
          } as const,
        ]),
    {
      kind: 'table',
      caption: `AUC × 100 on the same ${told.report.n} rows`,
      columns: [
        { title: 'method' },
        { title: 'all rows', align: 'right' },
        { title: '95 % interval', align: 'right' },
        { title: 'within users', align: 'right' },
      ],
      rows: methods.map((method) => [
        method.name,
        percent(method.auc),
        intervalText(method.interval),
        percent(method.perUserAuc),
      ]),
      note: 'Within users: the mean of the AUCs of single users, which a rule about how much a user likes in general cannot raise.',
    },
  ];
}

function tuningBlocks({ events, tuning }: Told): Block[] {
  const { trainLoss, validLoss, validAuc, bestStep } = curvesOf(events);
  const { settings } = tuning;
  const { loraRank, loraModules, learningRate, batchSize } = settings.hyperParameters;
  const kept = bestStep === undefined ? '' : ` Kept is the adapter of step ${bestStep}, the best on validation.`;
  return [
    {
      kind: 'prose',
      text: `LoRA of rank ${loraRank} on ${loraModules.join(', ')}, learning rate ${learningRate}, ${batchSize} samples a step; the base model stays as it is.${kept}`,
    },
    ...curveBlock('training loss', 'Cross-entropy of the answer, on the samples of each step.', trainLoss),
    ...curveBlock(
      'validation AUC × 100',
      'On the validation part of the data, which is neither tuned on nor tested on.',
      validAuc.map(([step, value]) => [step, 100 * value]),
      bestStep,
    ),
    ...curveBlock(
      'validation loss',
      'Cross-entropy between the two answers; ln 2 = 0.693 is a coin.',
      validLoss,
      bestStep,
    ),
  ];
}

function curveBlock(name: string, caption: string, points: CurvePoint[], bestStep?: number): Block[] {
  if (points.length === 0) return [];
  const [first, last] = [points[0]!, points.at(-1)!];
  const chart: Chart = {
    kind: 'lines',
    label: `${name} by step: ${first[1].toFixed(3)} at step ${first[0]}, ${last[1].toFixed(3)} at step ${last[0]}`,
    height: 200,
    x: { title: 'optimizer step', ...(bestStep === undefined ? {} : { reference: bestStep }) },
    y: { title: name },
    series: [{ name, points: points.map(([x, y]) => ({ x, y })) }],
  };
  const best = bestStep === undefined ? '' : ' The dashed line is the step that was kept.';
  return [{ kind: 'chart', chart, caption: caption + best }];
}

function rankingBlocks({ ranked }: Told): Block[] {
  const { user, history, ranking } = ranked;
  const titles = (wanted: boolean) =>
    history.flatMap((item) => (item.liked === wanted ? [item.title] : [])).join('; ') || 'nothing';
  return [
    { kind: 'prose', text: `${CHOICE}\n\nUser ${user} liked: ${titles(true)}.\n\nAnd did not: ${titles(false)}.` },
    {
      kind: 'table',
      caption: `The next ${ranking.length} films of user ${user}, best first`,
      columns: [
        { title: 'film' },
        { title: 'score', align: 'right' },
        { title: 'place by popularity', align: 'right' },
        { title: 'did like it' },
      ],
      rows: filmRows(ranked).map(({ title, score, popularityPlace, liked }) => [
        title,
        score.toFixed(3),
        String(popularityPlace),
        liked ? 'yes' : 'no',
      ]),
      note: rankingVerdict(ranked),
    },
  ];
}
