// How the story is told on each kind of model: sized so that it takes at most three minutes on two cores.
import { LINEAR_MODULES } from '../llama/lora.ts';
import type { StorySettings } from './story.ts';

export const STORIES: Record<'random' | 'movies' | 'checkpoint', Omit<StorySettings, 'model'>> = {
  /** Random weights: there is little to learn, and it is learned at once. */
  random: {
    shots: 64,
    evaluationRows: 400,
    hyperParameters: { learningRate: 1e-2, batchSize: 16, maxSteps: 40, warmupSteps: 5, evaluateEverySteps: 8 },
  },
  /** The model that comes with the project. */
  movies: {
    shots: 64,
    evaluationRows: 2000,
    hyperParameters: {
      learningRate: 1e-3,
      batchSize: 16,
      maxSteps: 30,
      warmupSteps: 5,
      evaluateEverySteps: 10,
      loraModules: [...LINEAR_MODULES],
    },
  },
  /** Any other; fewer ratings of each person are judged, since each takes longer. */
  checkpoint: {
    ratingsPerUser: 20,
    shots: 64,
    evaluationRows: 400,
    hyperParameters: { learningRate: 1e-3, batchSize: 16, maxSteps: 12, warmupSteps: 2, evaluateEverySteps: 4 },
  },
};
