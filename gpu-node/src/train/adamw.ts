// AdamW with decoupled weight decay (Loshchilov and Hutter, 2019), step for step as torch.optim.AdamW computes it.

export interface AdamWConfig {
  beta1: number;
  beta2: number;
  epsilon: number;
  weightDecay: number;
}

/** The defaults of the recipe; transformers' Trainer decays nothing unless told. */
export const ADAMW_DEFAULTS: AdamWConfig = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 };

export interface Moments {
  /** Running mean of the gradient. */
  first: Float32Array;
  /** Running mean of its square. */
  second: Float32Array;
}

export interface AdamWState {
  /** Updates done so far. */
  step: number;
  moments: Map<string, Moments>;
}

/** Moments of zero for every parameter. */
export function createAdamW(parameters: ReadonlyMap<string, { data: Float32Array }>): AdamWState {
  const moments = new Map<string, Moments>();
  for (const [name, { data }] of parameters) {
    moments.set(name, { first: new Float32Array(data.length), second: new Float32Array(data.length) });
  }
  return { step: 0, moments };
}

/**
 * One update of all parameters, in place. State is float32, the arithmetic of one element and the bias corrections float64.
 * @throws RangeError when a parameter has no gradient of its size
 */
export function adamWStep(
  state: AdamWState,
  parameters: ReadonlyMap<string, { data: Float32Array }>,
  gradients: ReadonlyMap<string, Float32Array>,
  learningRate: number,
  { beta1, beta2, epsilon, weightDecay }: AdamWConfig,
): void {
  for (const [name, { data }] of parameters) {
    if (gradients.get(name)?.length !== data.length)
      throw new RangeError(`${name} has no gradient of ${data.length} values`);
  }
  state.step++;
  const stepSize = learningRate / (1 - beta1 ** state.step);
  const secondScale = 1 / Math.sqrt(1 - beta2 ** state.step);
  const keep = 1 - learningRate * weightDecay;
  for (const [name, { data }] of parameters) {
    const gradient = gradients.get(name)!;
    const { first, second } = state.moments.get(name)!;
    for (let i = 0; i < data.length; i++) {
      const g = gradient[i]!;
      first[i] = first[i]! + (1 - beta1) * (g - first[i]!);
      second[i] = beta2 * second[i]! + (1 - beta2) * g * g;
      data[i] = data[i]! * keep - (stepSize * first[i]!) / (Math.sqrt(second[i]!) * secondScale + epsilon);
    }
  }
}

/**
 * Scales all gradients in place so that their joint L2 norm is at most `maxNorm`, as torch.nn.utils.clip_grad_norm_ does.
 * @returns the norm before
 */
export function clipGradientNorm(gradients: ReadonlyMap<string, Float32Array>, maxNorm: number): number {
  let squares = 0;
  for (const gradient of gradients.values()) {
    for (let i = 0; i < gradient.length; i++) squares += gradient[i]! * gradient[i]!;
  }
  const norm = Math.sqrt(squares);
  const scale = maxNorm / (norm + 1e-6);
  if (scale < 1) {
    for (const gradient of gradients.values()) {
      for (let i = 0; i < gradient.length; i++) gradient[i] = gradient[i]! * scale;
    }
  }
  return norm;
}
