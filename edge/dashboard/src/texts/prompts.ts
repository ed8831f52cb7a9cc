// The words around a prompt and its answer.
export const promptTexts = {
  prompt: 'Prompt',
  leftOut: (count: string) => `[… ${count} characters are not shown …]`,
  answer: 'right answer',
  noAnswer: 'the answer, which is not known here',
};
