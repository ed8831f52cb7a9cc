// The document against its own rules; tests/openapi.test.ts runs a linter over it.
import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import { app } from '../app.ts';
import { call } from '../testing/client.ts';
import { NAMED } from './openapi.ts';
import { EXAMPLES } from './openapi-examples.ts';

interface Schema {
  $ref?: string;
  type?: string | string[];
  properties?: Record<string, Schema>;
  items?: Schema | false;
  [word: string]: unknown;
}
interface Answer {
  description: string;
  content?: Record<string, { schema: Schema }>;
  headers?: Record<string, Schema>;
}
interface Operation {
  operationId: string;
  summary?: string;
  description?: string;
  tags: string[];
  security: Record<string, string[]>[];
  parameters?: { name: string; in: string; description?: string; schema: Schema }[];
  requestBody?: { content: Record<string, { schema: Schema }> };
  responses: Record<string, Answer>;
}
interface Document {
  tags: { name: string; description: string; 'x-displayName': string }[];
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema>; headers: Record<string, { schema: Schema }> };
}

let document: Document;
let operations: (Operation & { route: string })[];
beforeAll(async () => {
  document = (await call<Document>('GET', '/v1/openapi.json', { key: null })).body;
  operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ ...operation, route: `${method.toUpperCase()} ${path}` })),
  );
});

const isA = (type: string, schema: Schema) => [schema.type].flat().includes(type);

/** This schema and all that it is made of, each with its place. */
function* within(schema: Schema, place: string, seen: readonly string[] = []): Generator<[string, Schema]> {
  const { $ref } = schema;
  if ($ref !== undefined) {
    if (seen.includes($ref)) return;
    const name = $ref.split('/').at(-1)!;
    yield* within(document.components.schemas[name]!, `${place} → ${name}`, [...seen, $ref]);
    return;
  }
  yield [place, schema];
  for (const [name, value] of Object.entries(schema.properties ?? {})) yield* within(value, `${place}.${name}`, seen);
  for (const word of ['anyOf', 'oneOf', 'allOf', 'prefixItems']) {
    for (const value of (schema[word] as Schema[] | undefined) ?? []) yield* within(value, place, seen);
  }
  if (schema.items) yield* within(schema.items, `${place}[]`, seen);
  if (typeof schema.additionalProperties === 'object') {
    yield* within(schema.additionalProperties as Schema, `${place}{}`, seen);
  }
}

function incoming(): [string, Schema][] {
  return operations.flatMap(({ route, parameters = [], requestBody }) => [
    ...parameters.flatMap(({ name, schema }) => [...within(schema, `${route} ${name}`)]),
    ...Object.values(requestBody?.content ?? {}).flatMap(({ schema }) => [...within(schema, `${route} body`)]),
  ]);
}

function outgoing(): [string, Schema][] {
  return operations.flatMap(({ route, responses }) =>
    Object.entries(responses).flatMap(([status, { content }]) =>
      Object.values(content ?? {}).flatMap(({ schema }) => [...within(schema, `${route} ${status}`)]),
    ),
  );
}

const placesOf = (found: [string, Schema][], wrong: (schema: Schema) => boolean) =>
  found.filter(([, schema]) => wrong(schema)).map(([place]) => place);
const routesWhere = (wrong: (operation: Operation) => boolean) => operations.filter(wrong).map(({ route }) => route);

describe('the document', () => {
  it('has every public route, and no other', () => {
    const routes = new Set(
      app.routes
        .filter(({ method, path }) => method !== 'ALL' && !path.startsWith('/internal/'))
        .map(({ method, path }) => `${method} ${path.replaceAll(/\/:(\w+)/g, '/{$1}')}`),
    );
    expect(operations.map(({ route }) => route).sort()).toEqual([...routes].sort());
  });

  it('names each operation once, and says under its one tag what it is for', () => {
    const ids = operations.map(({ operationId }) => operationId);
    expect(ids).toHaveLength(new Set(ids).size);
    expect(routesWhere(({ operationId }) => !/^[a-z]+([A-Z][a-z]+)*$/.test(operationId))).toEqual([]);
    const tags = document.tags.map(({ name }) => name);
    expect(routesWhere((one) => !one.summary || one.tags.length !== 1 || !tags.includes(one.tags[0]!))).toEqual([]);
    expect(tags.filter((tag) => !operations.some((one) => one.tags.includes(tag)))).toEqual([]);
  });

  it('has titles that fit into a menu, and says the rest in sentences', () => {
    expect(routesWhere(({ summary }) => !/^[A-Z][^.;:]{0,39}$/.test(summary!))).toEqual([]);
    expect(routesWhere(({ description }) => !/^[A-Z].*\.$/.test(description ?? ''))).toEqual([]);
    expect(document.tags.filter((tag) => !tag['x-displayName'] || !tag.description.endsWith('.'))).toEqual([]);
  });

  it('says of each list how it goes on', () => {
    const lists = operations.filter(({ parameters }) => parameters?.some(({ name }) => name === 'cursor'));
    expect(lists.length).toBeGreaterThan(7);
    for (const { route, parameters } of lists) {
      const said = parameters!.filter(({ name }) => ['limit', 'cursor'].includes(name)).map((one) => one.description);
      expect([route, said]).toEqual([route, [expect.stringMatching(/\.$/), expect.stringMatching(/\.$/)]]);
    }
  });

  it.each(Object.keys(EXAMPLES))('has an example of %s that its own contract takes', (name) => {
    const { error } = NAMED[name]!.safeParse(EXAMPLES[name]);
    expect(error?.issues ?? []).toEqual([]);
    expect(document.components.schemas[name]).toMatchObject({ examples: [EXAMPLES[name]] });
  });

  it('bounds every whole number, on its way in and out', () => {
    const bounded = ({ minimum, maximum }: Schema) =>
      Number.isSafeInteger(minimum) && Number.isSafeInteger(maximum) && Number(maximum) < Number.MAX_SAFE_INTEGER;
    const found = [...incoming(), ...outgoing()];
    expect(found.filter(([, schema]) => isA('integer', schema)).length).toBeGreaterThan(100);
    expect(placesOf(found, (schema) => isA('integer', schema) && !bounded(schema))).toEqual([]);
  });

  it('has named schemas that are never null by themselves, and either of the two where they may be', () => {
    const { schemas } = document.components;
    expect(Object.keys(schemas).filter((name) => isA('null', schemas[name]!))).toEqual([]);
    const { blend } = schemas.Adapter!.properties!;
    expect(blend).toEqual({ anyOf: [{ $ref: '#/components/schemas/Blend' }, { type: 'null' }] });
    expect(JSON.stringify(document)).not.toMatch(/"allOf":\[\{"\$ref":"[^"]*"\},\{[^}]*"type":\[/);
  });

  it('limits every text and list that comes in', () => {
    const limits = ['maxLength', 'pattern', 'format', 'enum', 'const'];
    expect(placesOf(incoming(), (one) => isA('string', one) && !limits.some((word) => word in one))).toEqual([]);
    expect(placesOf(incoming(), (one) => isA('array', one) && !('maxItems' in one))).toEqual([]);
  });

  it('has patterns as JSON Schema reads them: without slashes and flags', () => {
    const patterns = [...incoming(), ...outgoing()].flatMap(([, { pattern }]) => (pattern ? [String(pattern)] : []));
    for (const pattern of patterns) {
      expect(() => new RegExp(pattern, 'u')).not.toThrow();
      expect(pattern).not.toMatch(/\/[a-z]*$/);
    }
  });

  it('tells the answers of the door, the limiter and the platform with their headers', () => {
    const headers = (one: Operation, status: string) => Object.keys(one.responses[status]?.headers ?? {});
    expect(routesWhere((one) => !headers(one, Object.keys(one.responses)[0]!).includes('X-Request-Id'))).toEqual([]);
    const withKey = operations.filter(({ security }) => security.length > 0);
    for (const one of withKey) {
      expect([one.route, Object.keys(one.responses)]).toEqual([
        one.route,
        expect.arrayContaining(['400', '401', '403', '429', '500', '503']),
      ]);
      expect(headers(one, '401')).toContain('WWW-Authenticate');
      expect(headers(one, '429')).toEqual(
        expect.arrayContaining(['Retry-After', 'RateLimit-Limit', 'RateLimit-Remaining', 'RateLimit-Reset']),
      );
      expect(headers(one, '503')).toContain('Retry-After');
    }
    expect(routesWhere((one) => one.requestBody !== undefined && !('413' in one.responses))).toEqual([]);
    const idempotent = operations.filter(({ parameters }) =>
      parameters?.some(({ name }) => name === 'idempotency-key'),
    );
    expect(idempotent.length).toBeGreaterThan(7);
    for (const one of idempotent) {
      const success = Object.keys(one.responses).find((status) => status.startsWith('2'))!;
      expect(headers(one, success)).toContain('Idempotency-Replayed');
      expect(one.responses).toHaveProperty('409');
    }
    for (const { $ref } of operations.flatMap(({ responses }) =>
      Object.values(responses).flatMap((answer) => Object.values(answer.headers ?? {})),
    )) {
      expect(document.components.headers).toHaveProperty([$ref!.split('/').at(-1)!]);
    }
  });

  it('describes every file alike', () => {
    const files = operations.filter(({ responses }) => '206' in responses);
    expect(files.map(({ operationId }) => operationId).sort()).toEqual([
      'downloadAdapterFile',
      'getEvaluationPredictions',
      'getScoringPredictions',
      'getTuningReport',
      'readTransfer',
    ]);
    for (const { route, responses, parameters } of files) {
      expect([route, Object.keys(responses)]).toEqual([
        route,
        expect.arrayContaining(['200', '206', '304', '412', '416']),
      ]);
      expect(Object.keys(responses['206']!.headers!)).toEqual(expect.arrayContaining(['ETag', 'Content-Range']));
      expect(Object.keys(responses['416']!.headers!)).toContain('Content-Range');
      expect(parameters!.map(({ name }) => name)).toEqual(
        expect.arrayContaining(['range', 'if-match', 'if-none-match']),
      );
    }
  });

  it('holds no secret', () => {
    const text = JSON.stringify(document);
    for (const secret of [env.OPERATOR_SECRET, env.SIGNING_KEYS]) expect(text).not.toContain(secret);
  });
});
