// A router whose contracts are parsed by zod and whose refusals are the project's own errors.
import { OpenAPIHono } from '@hono/zod-openapi';
import { invalidInput } from '@tallrec/shared/errors';
import type { Context } from 'hono';
import type { z } from 'zod';
import type { AppEnv } from './context.ts';
import { malformedBody } from './errors.ts';

export function newRouter() {
  return new OpenAPIHono<AppEnv>({
    defaultHook: (result) => {
      if (!result.success) throw invalidInput(result.target === 'json' ? 'body' : result.target, result.error);
    },
  });
}

/** The body of a contract: JSON by this schema. */
export function jsonBody<T>(schema: T) {
  return { required: true as const, content: { 'application/json': { schema } } };
}

/** An answer of a contract: JSON by this schema. */
export function jsonAnswer<T>(description: string, schema: T) {
  return { description, content: { 'application/json': { schema } } };
}

/** The body of a request that has no contract. */
export async function parseBody<S extends z.ZodType>(c: Context<AppEnv>, schema: S): Promise<z.output<S>> {
  const text = await c.req.text();
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw malformedBody();
  }
  const parsed = schema.safeParse(body);
  if (!parsed.success) throw invalidInput('body', parsed.error);
  return parsed.data;
}
