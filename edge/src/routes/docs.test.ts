import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { call } from '../testing/client.ts';

interface Document {
  openapi: string;
  paths: Record<string, Record<string, { responses: Record<string, unknown>; security?: unknown[] }>>;
  components: { schemas: Record<string, unknown>; securitySchemes: Record<string, unknown> };
}

describe('docs', () => {
  it('describe every operation by named schemas, all of which are there', async () => {
    const { body } = await call<Document>('GET', '/v1/openapi.json', { key: null });
    expect(body.openapi).toBe('3.1.0');
    expect(Object.keys(body.paths)).toEqual(
      expect.arrayContaining(['/v1/keys', '/v1/datasets/{id}/complete', '/v1/prompts:format', '/health']),
    );
    expect(Object.keys(body.components.schemas)).toEqual(
      expect.arrayContaining(['Dataset', 'Error', 'Sample', 'ApiKey']),
    );
    const text = JSON.stringify(body);
    for (const [, name] of text.matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
      expect(body.components.schemas).toHaveProperty(name!);
    }
    expect(text).toContain('"$ref":"#/components/schemas/Dataset"');
    expect(text).not.toContain(env.OPERATOR_SECRET);
  });
});
