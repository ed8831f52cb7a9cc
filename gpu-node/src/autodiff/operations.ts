// The table of differentiable operations, total by type: a primitive without an operation does not compile.
import type { Operation, Primitive } from './operation.ts';
import { Cast } from './operations/cast.ts';
import { CausalAttention } from './operations/causal-attention.ts';
import { CrossEntropy } from './operations/cross-entropy.ts';
import { Dropout } from './operations/dropout.ts';
import { Add, Bias, Scale } from './operations/elementwise.ts';
import { Gather } from './operations/gather.ts';
import { Int8Linear } from './operations/int8-linear.ts';
import { Linear } from './operations/linear.ts';
import { QuantizedLinear } from './operations/quantized-linear.ts';
import { RMSNorm } from './operations/rms-norm.ts';
import { RotaryEmbedding } from './operations/rotary-embedding.ts';
import { SwiGLU } from './operations/swiglu.ts';

export const operations: { readonly [P in Primitive]: Operation<P> } = {
  Add,
  Bias,
  Cast,
  CausalAttention,
  CrossEntropy,
  Dropout,
  Gather,
  Int8Linear,
  Linear,
  QuantizedLinear,
  RMSNorm,
  RotaryEmbedding,
  Scale,
  SwiGLU,
};
