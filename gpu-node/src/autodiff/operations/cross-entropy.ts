// Negative log-likelihood of each row's label.
import {
  Exp,
  ExpandAs,
  GatherElements,
  LogSoftmax,
  Mul,
  Neg,
  ScatterElementsAdd,
  Squeeze,
  Unsqueeze,
} from '../../graph/operators.ts';
import type { Operation } from '../operation.ts';

export const CrossEntropy: Operation<'CrossEntropy'> = {
  forward: ({ logits, labels }) => Neg(Squeeze(GatherElements(LogSoftmax(logits), Unsqueeze(labels, -1)), -1)),
  gradient: {
    // (softmax − one-hot) · dY
    logits: ({ inputs: { logits, labels }, dY }) => {
      const column = Unsqueeze(labels, -1); // [N, 1]
      const minusOne = ExpandAs(logits.graph.constant(logits.type, [-1], []), column);
      const difference = ScatterElementsAdd(Exp(LogSoftmax(logits)), column, minusOne); // [N, V]
      return Mul(difference, Unsqueeze(dY, -1));
    },
  },
  recompute: false,
};
