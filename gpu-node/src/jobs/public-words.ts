// What may be said of this machine to those who use it through the edge: not where its files lie.

/** An absolute path of two names or more, but none of an URL or of the API. */
const PATH = /(?<![\w.:/-])\/(?!v1\/|internal\/)(?:[^\s/:"'`,;()<>]+\/)+(?=[^\s/:"'`,;()<>]*)/g;

/** The message with the last name of each path in place of the whole; a folder that is known whole may have spaces in its name. */
export function withoutPaths(message: string, folders: readonly string[] = []): string {
  const named = folders
    .filter((folder) => folder.length > 1)
    .sort((a, b) => b.length - a.length)
    .reduce((words, folder) => words.replaceAll(`${folder}/`, ''), message);
  return named.replace(PATH, '');
}
