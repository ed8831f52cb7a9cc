// The file that was dropped on one page and is looked at on the next.

let chosen: File | null = null;

export function chooseFile(file: File): void {
  chosen = file;
}

/** It is taken once: who comes back later begins anew. */
export function takeChosenFile(): File | null {
  const file = chosen;
  chosen = null;
  return file;
}
