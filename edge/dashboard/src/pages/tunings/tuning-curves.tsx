// The six curves of a tuning.
import { SimpleGrid, Text } from '@mantine/core';
import { CurveChart, type CurvePoint } from '../../parts/curve-chart.tsx';
import { formatCompact } from '../../parts/formats.tsx';
import { texts } from '../../texts.ts';
import type { StoryView } from './tuning-story.ts';

const words = texts.tunings.detail;
const { curveNames: names, curveHints: hints } = words;
const GUESSING = { value: 0.5, label: words.guessing };

const decimals = (value: number) => value.toPrecision(4);
const scientific = (value: number) => value.toExponential(1);

function points<T extends { step: number }>(curve: readonly T[], heightOf: (point: T) => number | null): CurvePoint[] {
  return curve.map((point) => ({ step: point.step, value: heightOf(point) }));
}

export function TuningCurves({ view: { steps, evaluations } }: { view: StoryView }) {
  if (steps.length === 0 && evaluations.length === 0) return <Text c="dimmed">{words.noCurves}</Text>;
  const judged = evaluations.some(({ validAuc }) => validAuc !== null);
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }}>
      <CurveChart title={names.loss} hint={hints.loss} points={points(steps, (one) => one.loss)} format={decimals} />
      {judged && (
        <CurveChart
          title={names.validAuc}
          hint={hints.validAuc}
          points={points(evaluations, (one) => one.validAuc)}
          format={(value) => value.toFixed(3)}
          reference={GUESSING}
        />
      )}
      {evaluations.length > 0 && (
        <CurveChart
          title={names.validLoss}
          hint={hints.validLoss}
          points={points(evaluations, (one) => one.validLoss)}
          format={decimals}
        />
      )}
      <CurveChart
        title={names.learningRate}
        hint={hints.learningRate}
        points={points(steps, (one) => one.learningRate)}
        format={scientific}
      />
      <CurveChart
        title={names.gradientNorm}
        hint={hints.gradientNorm}
        points={points(steps, (one) => one.gradientNorm)}
        format={decimals}
      />
      <CurveChart
        title={names.tokensPerSecond}
        hint={hints.tokensPerSecond}
        points={points(steps, (one) => one.tokensPerSecond)}
        format={formatCompact}
      />
    </SimpleGrid>
  );
}
