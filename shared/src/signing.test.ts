import { expect, it } from 'vitest';
import { signGrant, verifyGrant } from './signing.ts';

const secret = 'a secret of the test';
const grant = { op: 'put', key: 'datasets/x/raw', bytes: 10, exp: 2_000 } as const;

it('gives back what was signed, until it expires', async () => {
  const token = await signGrant(grant, secret);
  expect(token).toMatch(/^[\w-]+\.[\w-]+$/);
  await expect(verifyGrant(token, secret, 1_999)).resolves.toEqual(grant);
  await expect(verifyGrant(token, secret, 2_000)).rejects.toMatchObject({ code: 'TOKEN_EXPIRED' });
});

it('refuses every token with one character changed, another secret, and rubbish', async () => {
  const token = await signGrant(grant, secret);
  for (let i = 0; i < token.length - 1; i++) {
    const changed = token.slice(0, i) + (token[i] === 'A' ? 'B' : 'A') + token.slice(i + 1);
    await expect(verifyGrant(changed, secret, 0)).rejects.toMatchObject({ code: 'TOKEN_INVALID' });
  }
  await expect(verifyGrant(token, 'another', 0)).rejects.toMatchObject({ code: 'TOKEN_INVALID' });
  for (const rubbish of ['', '.', 'a.b', `${token}.x`, '%%.%%']) {
    await expect(verifyGrant(rubbish, secret, 0)).rejects.toMatchObject({ code: 'TOKEN_INVALID' });
  }
});
