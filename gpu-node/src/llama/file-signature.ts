// Files that are not what their name says, told by how they begin.

const SIGNATURES: readonly [begins: RegExp, words: (text: string) => string][] = [
  [
    /^version https:\/\/git-lfs\.github\.com\/spec\//,
    (text) => {
      const bytes = /^size (\d{1,16})$/m.exec(text)?.[1];
      const size = bytes ? ` of ${bytes} bytes` : '';
      return `is a Git LFS pointer, not the file${size} that it stands for: run "git lfs pull" where it was cloned`;
    },
  ],
  [/^\s*<(!doctype|html|\?xml)/i, () => 'is a web page, as a download that was not let in leaves behind'],
  [/^PK(?=[^a-z0-9 ])/i, () => 'is a PyTorch file (.bin, .pt) under another name'],
  [/^GGUF/, () => 'is a GGUF file of llama.cpp under another name'],
];

/** The most of a file that is needed to tell. */
export const SIGNATURE_BYTES = 512;

/** @returns words that go on after the file's path, or undefined for what is none of these */
export function foreignContent(start: Buffer | string): string | undefined {
  const text =
    typeof start === 'string' ? start.slice(0, SIGNATURE_BYTES) : start.toString('latin1', 0, SIGNATURE_BYTES);
  return SIGNATURES.find(([begins]) => begins.test(text))?.[1](text);
}
