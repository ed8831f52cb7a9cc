// The words of signing in.
export const signInTexts = {
  title: 'Sign in',
  lead: 'With an API key of your workspace. The browser keeps a cookie that ends with the key, and never the key itself.',
  key: 'API key',
  keyHint: 'It begins with tlr_ and was shown once, when it was made.',
  whence:
    'No key yet? On your own machine “npx tallrec dev” prints one, and a link that signs in. Elsewhere an administrator makes one under Keys.',
  keyMissing: 'Paste a key.',
  submit: 'Sign in',
  again: {
    title: 'You were signed out',
    why: 'The session is over: its key was revoked, or its time was up. Sign in again to go on where you were; what you typed is still there.',
    leave: 'Leave this page',
  },
  linkUsed: 'The link did not work',
};
