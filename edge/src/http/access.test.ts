// Every route with the scope that it needs. A route that is not listed here, or that lets in more than is said, fails.
import { env } from 'cloudflare:workers';
import { newId } from '@tallrec/shared/ids';
import type { Scope } from '@tallrec/shared/wire/keys';
import { SCOPES } from '@tallrec/shared/wire/keys';
import { beforeAll, describe, expect, it } from 'vitest';
import { app } from '../app.ts';
import { call, keyWith } from '../testing/client.ts';

/** `session`: the cookie of a signed-in browser; `token`: a signed token in the path; `node`: a node's token or secret; `any`: any API key; `operator`: the operator's secret. */
type Access = Scope | 'public' | 'session' | 'token' | 'node' | 'any' | 'operator';

const ACCESS: Record<string, Access> = {
  'GET /health': 'public',
  'GET /v1/openapi.json': 'public',
  'PUT /v1/transfers/:token': 'token',
  'GET /v1/transfers/:token': 'token',
  'POST /v1/transfers/:token': 'token',
  'POST /v1/transfers/:token/complete': 'token',
  'GET /internal/nodes/connect': 'node',
  'POST /internal/nodes/join': 'node',
  'POST /internal/nodes/rotate': 'node',
  'POST /internal/nodes/drain': 'node',
  'POST /v1/session': 'public',
  'GET /v1/session': 'session',
  'DELETE /v1/session': 'public',
  'POST /v1/session/links': 'any',
  'POST /v1/workspaces': 'operator',
  'GET /v1/workspaces': 'operator',
  'GET /v1/workspace': 'any',
  'POST /v1/keys': 'admin',
  'GET /v1/keys': 'admin',
  'GET /v1/keys/:id': 'admin',
  'POST /v1/keys/:id/rotate': 'admin',
  'DELETE /v1/keys/:id': 'admin',
  'GET /v1/audit': 'admin',
  'POST /v1/datasets': 'datasets:write',
  'GET /v1/datasets': 'read',
  'GET /v1/datasets/:id': 'read',
  'GET /v1/datasets/:id/preview': 'read',
  'GET /v1/datasets/:id/items': 'read',
  'GET /v1/datasets/:id/histories': 'read',
  'GET /v1/datasets/:id/upload': 'datasets:write',
  'POST /v1/datasets/:id/validate': 'datasets:write',
  'POST /v1/datasets/:id/complete': 'datasets:write',
  'DELETE /v1/datasets/:id': 'datasets:write',
  'POST /v1/prompts:format': 'read',
  'POST /v1/tunings': 'tunings:write',
  'POST /v1/tunings:estimate': 'tunings:write',
  'GET /v1/tunings': 'read',
  'GET /v1/tunings/:id': 'read',
  'GET /v1/tunings/:id/events': 'read',
  'GET /v1/tunings/:id/metrics': 'read',
  'GET /v1/tunings/:id/report': 'read',
  'POST /v1/tunings/:id/cancel': 'tunings:write',
  'POST /v1/tunings/:id/stop': 'tunings:write',
  'POST /v1/tunings/:id/resume': 'tunings:write',
  'DELETE /v1/tunings/:id': 'tunings:write',
  'POST /v1/evaluations': 'evaluations:write',
  'GET /v1/evaluations': 'read',
  'GET /v1/evaluations/:id': 'read',
  'GET /v1/evaluations/:id/events': 'read',
  'GET /v1/evaluations/:id/predictions': 'read',
  'POST /v1/evaluations/:id/cancel': 'evaluations:write',
  'POST /v1/evaluations/:id/stop': 'evaluations:write',
  'POST /v1/evaluations/:id/resume': 'evaluations:write',
  'DELETE /v1/evaluations/:id': 'evaluations:write',
  'POST /v1/scorings': 'scorings:write',
  'GET /v1/scorings': 'read',
  'GET /v1/scorings/:id': 'read',
  'GET /v1/scorings/:id/events': 'read',
  'GET /v1/scorings/:id/predictions': 'read',
  'POST /v1/scorings/:id/cancel': 'scorings:write',
  'POST /v1/scorings/:id/stop': 'scorings:write',
  'POST /v1/scorings/:id/resume': 'scorings:write',
  'DELETE /v1/scorings/:id': 'scorings:write',
  'POST /v1/adapters:upload': 'adapters:write',
  'POST /v1/adapters': 'adapters:write',
  'GET /v1/adapters': 'read',
  'GET /v1/adapters/:id': 'read',
  'GET /v1/adapters/:id/files/:file': 'read',
  'DELETE /v1/adapters/:id': 'adapters:write',
  'GET /v1/aliases': 'read',
  'GET /v1/aliases/:alias': 'read',
  'PUT /v1/aliases/:alias': 'adapters:write',
  'DELETE /v1/aliases/:alias': 'adapters:write',
  'GET /v1/models': 'read',
  'POST /v1/nodes': 'admin',
  'GET /v1/nodes': 'read',
  'GET /v1/nodes/:id': 'read',
  'POST /v1/nodes/:id/token': 'admin',
  'POST /v1/nodes/:id/drain': 'admin',
  'POST /v1/nodes/:id/resume': 'admin',
  'DELETE /v1/nodes/:id': 'admin',
  'POST /v1/score': 'score',
  'POST /v1/rank': 'score',
};

/** What the operator may do beside keys: nothing that reads data. */
const OPERATOR_TOO: readonly string[] = [
  'POST /v1/keys',
  'DELETE /v1/keys/:id',
  'POST /v1/nodes',
  'GET /v1/nodes',
  'GET /v1/nodes/:id',
  'POST /v1/nodes/:id/token',
  'POST /v1/nodes/:id/drain',
  'POST /v1/nodes/:id/resume',
  'DELETE /v1/nodes/:id',
];

const routes = [
  ...new Set(app.routes.filter(({ method }) => method !== 'ALL').map(({ method, path }) => `${method} ${path}`)),
];
const withAccess = (...kinds: readonly Access[]) =>
  Object.keys(ACCESS).filter((route) => kinds.includes(ACCESS[route]!));
/** Where what is sent is looked at before the token. */
const BODIES: Record<string, object> = {
  'POST /v1/transfers/:token': { file: 'predictions.jsonl', bytes: 1, sha256: 'ab'.repeat(32) },
  'POST /v1/transfers/:token/complete': { upload: newId('upload', Date.now()) },
};
/** With the default key where none is named. */
const send = (route: string, key?: string | null) => {
  const [method, path] = route.split(' ') as [string, string];
  return call(method, path.replaceAll(/\/:\w+/g, '/x'), {
    ...(key === undefined ? {} : { key }),
    ...(method === 'POST' || method === 'PUT' ? { body: BODIES[route] ?? {} } : {}),
  });
};
const codeOf = async (answer: ReturnType<typeof send>) => {
  const { status, body } = await answer;
  return [status, body?.error?.code];
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
        expect(await codeOf(send(route, key))).toEqual([401, 'UNAUTHENTICATED']);
      }
      expect(await codeOf(send(route, keys[scope]))).toEqual([403, 'FORBIDDEN']);
      expect([401, 403]).not.toContain((await send(route)).status);
    },
  );

  it.each(withAccess('token', 'node'))('%s takes neither an API key nor the operator', async (route) => {
    for (const key of [undefined, env.OPERATOR_SECRET]) expect((await send(route, key)).status).toBe(401);
  });

  it.each(withAccess('any', ...SCOPES).filter((route) => !OPERATOR_TOO.includes(route)))(
    '%s refuses the operator, who reads no data',
    async (route) => {
      const { status, body } = await send(route, env.OPERATOR_SECRET);
      expect([status, body.error.code]).toEqual([403, 'FORBIDDEN']);
      expect(body.error.message).toContain('reads no data');
    },
  );

  it.each([...withAccess('operator'), ...OPERATOR_TOO])('%s lets the operator in', async (route) => {
    expect([401, 403]).not.toContain((await send(route, env.OPERATOR_SECRET)).status);
  });

  it.each(withAccess('operator'))('%s refuses any key', async (route) => {
    expect(await codeOf(send(route))).toEqual([403, 'FORBIDDEN']);
  });
});
