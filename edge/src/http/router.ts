// A router whose contracts are parsed by zod and whose refusals are the project's own errors.
import { OpenAPIHono } from '@hono/zod-openapi';
import type { AppEnv } from './context.ts';
import { invalidInput } from './errors.ts';

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
