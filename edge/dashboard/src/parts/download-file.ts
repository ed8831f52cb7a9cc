// A file made in the page, handed to the browser.

export function downloadFile(name: string, content: Blob): void {
  const url = URL.createObjectURL(content);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The browser has taken it by the time that the next task begins.
  setTimeout(() => URL.revokeObjectURL(url), 0);
}
