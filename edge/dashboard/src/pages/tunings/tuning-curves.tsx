// The six curves of a tuning.
import { SimpleGrid, Text } from '@mantine/core';
import { CurveChart, type CurveChartProps } from '../../parts/curve-chart.tsx';
import { formatCompact } from '../../parts/formats.tsx';
import { texts } from '../../texts.ts';
import type { StoryView } from './tuning-story.ts';

const words = texts.tuningDetail;
const GUESSING = { value: 0.5, label: words.guessing };

function comparedWith(ruleAuc: number | null) {
  return ruleAuc === null ? [GUESSING] : [GUESSING, { value: ruleAuc, label: words.rule }];
}

const decimals = (value: number) => value.toPrecision(4);
const scientific = (value: number) => value.toExponential(1);

interface CurveProps<T> extends Pick<CurveChartProps, 'format' | 'references'> {
  name: keyof typeof words.curveNames;
  of: readonly T[];
  heightOf: (point: T) => number | null;
}

function Curve<T extends { step: number }>({ name, of, heightOf, ...shown }: CurveProps<T>) {
  const points = of.map((point) => ({ step: point.step, value: heightOf(point) }));
  return <CurveChart title={words.curveNames[name]} hint={words.curveHints[name]} points={points} {...shown} />;
}

interface TuningCurvesProps {
  view: StoryView;
  /** What has happened so far is not all there yet. */
  fetching: boolean;
}

export function TuningCurves({ view: { steps, evaluations, validRuleAuc }, fetching }: TuningCurvesProps) {
  if (steps.length === 0 && evaluations.length === 0) {
    return <Text c="dimmed">{fetching ? words.fetchingStory : words.noCurves}</Text>;
  }
  const judged = evaluations.some(({ validAuc }) => validAuc !== null);
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }}>
      <Curve name="loss" of={steps} heightOf={(one) => one.loss} format={decimals} />
      {judged && (
        <Curve
          name="validAuc"
          of={evaluations}
          heightOf={(one) => one.validAuc}
          format={(value) => value.toFixed(3)}
          references={comparedWith(validRuleAuc)}
        />
      )}
      {evaluations.length > 0 && (
        <Curve name="validLoss" of={evaluations} heightOf={(one) => one.validLoss} format={decimals} />
      )}
      <Curve name="learningRate" of={steps} heightOf={(one) => one.learningRate} format={scientific} />
      <Curve name="gradientNorm" of={steps} heightOf={(one) => one.gradientNorm} format={decimals} />
      <Curve name="tokensPerSecond" of={steps} heightOf={(one) => one.tokensPerSecond} format={formatCompact} />
    </SimpleGrid>
  );
}
