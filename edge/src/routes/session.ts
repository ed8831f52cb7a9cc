// Signing in and out of the dashboard.
import { createRoute } from '@hono/zod-openapi';
import { sessionSchema, signInLinkSchema, signInSchema } from '@tallrec/shared/wire/session';
import { needsKey } from '../http/auth.ts';
import { errorResponses } from '../http/errors.ts';
import { jsonAnswer, jsonBody, newRouter } from '../http/router.ts';
import { checkSameOrigin, clearSession, sessionSecret, setSession } from '../http/session-cookie.ts';
import { createSignInLink, sessionOf, signIn, signOut } from '../services/sessions.ts';

const tags = ['session'];

const create = createRoute({
  operationId: 'signIn',
  method: 'post',
  path: '/v1/session',
  tags,
  summary: 'Sign in',
  description: 'With a key or with a link. The browser gets a cookie that ends with the key.',
  security: [],
  request: { body: jsonBody(signInSchema) },
  responses: {
    200: jsonAnswer('Who is signed in now', sessionSchema),
    ...errorResponses('UNAUTHENTICATED', 'FORBIDDEN'),
  },
});

const get = createRoute({
  operationId: 'getSession',
  method: 'get',
  path: '/v1/session',
  tags,
  summary: 'Get the session',
  description: 'Who is signed in.',
  security: [],
  responses: { 200: jsonAnswer('Who is signed in', sessionSchema), ...errorResponses('UNAUTHENTICATED') },
});

const end = createRoute({
  operationId: 'signOut',
  method: 'delete',
  path: '/v1/session',
  tags,
  summary: 'Sign out',
  description: 'Nobody signed in is no fault.',
  security: [],
  responses: { 204: { description: 'Nobody is signed in' }, ...errorResponses('FORBIDDEN') },
});

const link = createRoute({
  operationId: 'createSignInLink',
  method: 'post',
  path: '/v1/session/links',
  tags,
  summary: 'Create a sign-in link',
  description: 'It signs in once, as this key, within minutes.',
  ...needsKey(),
  responses: {
    201: jsonAnswer('The link', signInLinkSchema),
    ...errorResponses('UNAUTHENTICATED', 'FORBIDDEN'),
  },
});

export const session = newRouter()
  .openapi(create, async (c) => {
    checkSameOrigin(c);
    const made = await signIn(c.var.deps, c.req.valid('json'));
    setSession(c, made.secret, made.session.expiresAt);
    return c.json(made.session, 200);
  })
  .openapi(get, async (c) => c.json(await sessionOf(c.var.deps, sessionSecret(c)), 200))
  .openapi(end, async (c) => {
    checkSameOrigin(c);
    await signOut(c.var.deps, sessionSecret(c));
    clearSession(c);
    return c.body(null, 204);
  })
  .openapi(link, async (c) => {
    const { token, expiresAt } = await createSignInLink(c.var.deps, c.var.caller);
    return c.json({ url: new URL(`/sign-in?link=${token}`, c.req.url).href, expiresAt }, 201);
  });
