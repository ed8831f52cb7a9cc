// The words of a file on its way in.
export const uploadTexts = {
  title: 'Upload',
  unreadable: 'The file can no longer be read: it was changed or moved. Choose it again.',
};
