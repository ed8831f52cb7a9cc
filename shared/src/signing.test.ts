import { describe, expect, it } from 'vitest';
import { type Grant, parseSigningRing, type SigningRing, signGrant, verifyGrant } from './signing.ts';

const older: SigningRing = [{ id: 'k1', secret: 'a secret of the test' }];
const ring: SigningRing = [{ id: 'k2', secret: 'a newer secret of the test' }, ...older];
const grant: Grant = { op: 'put-part', upload: 'up_x', part: 1, exp: 2_000 };

describe('a grant', () => {
  it('comes back as it was signed, until it expires', async () => {
    const token = await signGrant(grant, ring);
    expect(token).toMatch(/^k2\.[\w-]+\.[\w-]+$/);
    await expect(verifyGrant(token, ring, 1_999)).resolves.toEqual(grant);
    await expect(verifyGrant(token, ring, 2_000)).rejects.toMatchObject({ code: 'TOKEN_EXPIRED' });
  });

  it('of a job has no end: its fence guards it', async () => {
    const held: Grant = { op: 'put-results', job: 'tun_x', fence: 3 };
    await expect(verifyGrant(await signGrant(held, ring), ring, Number.MAX_SAFE_INTEGER)).resolves.toEqual(held);
  });

  it('is refused with one character changed, under another key, and as rubbish', async () => {
    const token = await signGrant(grant, ring);
    for (let i = 0; i < token.length - 1; i++) {
      const changed = token.slice(0, i) + (token[i] === 'A' ? 'B' : 'A') + token.slice(i + 1);
      await expect(verifyGrant(changed, ring, 0)).rejects.toMatchObject({ code: 'TOKEN_INVALID' });
    }
    const other: SigningRing = [{ id: 'k2', secret: 'another secret of the test' }];
    await expect(verifyGrant(token, other, 0)).rejects.toMatchObject({ code: 'TOKEN_INVALID' });
    for (const rubbish of ['', '.', 'a.b', 'k2.a.b', `${token}.x`, '%%.%%.%%']) {
      await expect(verifyGrant(rubbish, ring, 0)).rejects.toMatchObject({ code: 'TOKEN_INVALID' });
    }
  });

  it('of an older key holds until that key leaves the ring', async () => {
    const token = await signGrant(grant, older);
    await expect(verifyGrant(token, ring, 0)).resolves.toEqual(grant);
    await expect(verifyGrant(token, [ring[0]], 0)).rejects.toMatchObject({ code: 'TOKEN_INVALID' });
  });
});

describe('a ring of keys', () => {
  it('is read in its order', () => {
    expect(parseSigningRing('k2:a newer secret of the test, k1:a secret of the test')).toEqual(ring);
  });

  it.each([
    ['', /key 1 is not written as id:secret/],
    ['k1:a secret of the test,k2:short', /key 2 is not written/],
    ['K1:a secret of the test', /key 1 is not written/],
    ['k1:a secret of the test,k1:another secret of it', /same id/],
  ])('%j is refused without its secrets', (text, words) => {
    expect(() => parseSigningRing(text)).toThrow(words);
    expect(() => parseSigningRing(text)).not.toThrow(/secret of the test/);
  });
});
