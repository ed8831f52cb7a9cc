// The words around a prompt and its answer.
export const promptTexts = {
  prompt: 'Prompt',
  leftOut: (count: string) => `[… ${count} characters are not shown …]`,
  mendedQuotes:
    'In a title whose quotes, beside a comma or the like, would read as the end of it, they are single here. All others stand as they are.',
  answer: 'right answer',
  noAnswer: 'the answer, which is not known here',
};
