// The words around a prompt and its answer.
export const promptTexts = {
  prompt: 'Prompt',
  answer: 'right answer',
  noAnswer: 'the answer, which this row does not know',
};
