// The words of a file on its way in.
export const uploadTexts = {
  unreadable: 'The file can no longer be read: it was changed or moved. Choose it again.',
};
