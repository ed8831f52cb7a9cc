// Every route with the scope that it needs. A route that is not listed here, or that lets in more than is said, fails.
import type { Scope } from '@tallrec/shared/wire/keys';
import { SCOPES } from '@tallrec/shared/wire/keys';
import { beforeAll, describe, expect, it } from 'vitest';
import { app } from '../app.ts';
import { call, keyWith } from '../testing/client.ts';

/** `token`: a signed token in the path; `node`: a node's secret. */
const ACCESS: Record<string, Scope | 'public' | 'token' | 'node'> = {
  'GET /health': 'public',
  'GET /docs': 'public',
  'GET /v1/openapi.json': 'public',
  'PUT /v1/transfers/:token': 'token',
  'GET /v1/transfers/:token': 'token',
  'GET /internal/nodes/connect': 'node',
  'POST /v1/keys': 'admin',
  'GET /v1/keys': 'admin',
  'DELETE /v1/keys/:id': 'admin',
  'POST /v1/datasets': 'datasets:write',
  'GET /v1/datasets': 'read',
  'GET /v1/datasets/:id': 'read',
  'GET /v1/datasets/:id/preview': 'read',
  'POST /v1/datasets/:id/upload-urls': 'datasets:write',
  'POST /v1/datasets/:id/complete': 'datasets:write',
  'DELETE /v1/datasets/:id': 'datasets:write',
  'POST /v1/prompts:format': 'read',
  'POST /v1/tunings': 'tunings:write',
  'GET /v1/tunings': 'read',
  'GET /v1/tunings/:id': 'read',
  'GET /v1/tunings/:id/events': 'read',
  'GET /v1/tunings/:id/metrics': 'read',
  'GET /v1/tunings/:id/report': 'read',
  'POST /v1/tunings/:id/cancel': 'tunings:write',
  'POST /v1/tunings/:id/resume': 'tunings:write',
  'POST /v1/evaluations': 'evaluations:write',
  'GET /v1/evaluations': 'read',
  'GET /v1/evaluations/:id': 'read',
  'GET /v1/evaluations/:id/predictions': 'read',
  'POST /v1/evaluations/:id/cancel': 'evaluations:write',
  'POST /v1/adapters/uploads': 'adapters:write',
  'POST /v1/adapters': 'adapters:write',
  'GET /v1/adapters': 'read',
  'GET /v1/adapters/:id': 'read',
  'GET /v1/adapters/:id/files/:file': 'read',
  'DELETE /v1/adapters/:id': 'adapters:write',
  'PUT /v1/aliases/:alias': 'adapters:write',
  'DELETE /v1/aliases/:alias': 'adapters:write',
  'GET /v1/models': 'read',
  'POST /v1/nodes': 'admin',
  'GET /v1/nodes': 'read',
  'GET /v1/nodes/:id': 'read',
  'DELETE /v1/nodes/:id': 'admin',
  'POST /v1/score': 'score',
  'POST /v1/rank': 'score',
};

const routes = [
  ...new Set(app.routes.filter(({ method }) => method !== 'ALL').map(({ method, path }) => `${method} ${path}`)),
];
const send = (route: string, key: string | null) => {
  const [method, path] = route.split(' ') as [string, string];
  return call(method, path.replaceAll(/:(id|file|alias|token)/g, 'x'), {
    key,
    ...(method === 'POST' ? { body: {} } : {}),
  });
};

describe('access', () => {
  it('is stated for each route, and each stated route exists', () => {
    expect(routes.sort()).toEqual(Object.keys(ACCESS).sort());
  });

  const scoped = Object.entries(ACCESS).filter((entry): entry is [string, Scope] =>
    (SCOPES as readonly string[]).includes(entry[1]),
  );
  let keys: Record<Scope, string>;
  beforeAll(async () => {
    const made = await Promise.all(
      SCOPES.map(async (scope) => [
        scope,
        await keyWith(
          SCOPES.filter((other) => other !== scope && other !== 'admin'),
          10_000,
        ),
      ]),
    );
    keys = Object.fromEntries(made);
  });

  it.each(scoped)(
    '%s: no key 401, a wrong key 401, a key without %s 403, an administrator is let in',
    async (route, scope) => {
      for (const key of [null, 'tlr_unknown', 'admin', '']) {
        const { status, body } = await send(route, key);
        expect([status, body.error.code]).toEqual([401, 'UNAUTHENTICATED']);
      }
      const { status, body } = await send(route, keys[scope]);
      expect([status, body.error.code]).toEqual([403, 'FORBIDDEN']);
      expect([401, 403]).not.toContain((await send(route, undefined as unknown as string)).status);
    },
  );

  it.each(Object.keys(ACCESS).filter((route) => ACCESS[route] === 'token' || ACCESS[route] === 'node'))(
    '%s takes no API key',
    async (route) => {
      expect((await send(route, undefined as unknown as string)).status).toBe(401);
    },
  );
});
