// The gated activation of LLaMA's feed-forward layers: silu(gate) · up with silu(z) = z · sigmoid(z).
import { QuickGelu } from '../../graph/extensions.ts';
import { Add, Mul, Sigmoid, Sub } from '../../graph/operators.ts';
import type { Operation } from '../operation.ts';

export const SwiGLU: Operation<'SwiGLU'> = {
  forward: ({ gate, up }) => Mul(QuickGelu(gate, 1), up),
  gradient: {
    // dY · up · (silu + sigmoid · (1 − silu)), written as s + sigmoid · (e − s) with e = dY · up and s = e · silu
    gate: ({ inputs: { gate, up }, dY }) => {
      const e = Mul(dY, up); // [N, I]
      const s = Mul(Mul(dY, QuickGelu(gate, 1)), up); // [N, I]
      return Add(s, Mul(Sigmoid(gate), Sub(e, s)));
    },
    up: ({ inputs: { gate }, dY }) => Mul(dY, QuickGelu(gate, 1)),
  },
  recompute: true,
};
