// A page that shows /v1/openapi.json: one file, nothing from other hosts, and what it shows is set as text, never as HTML.
const STYLE = `
:root { color-scheme: light dark; --line: #8884; --soft: #8882 }
body { font: 15px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 60rem; padding: 1rem }
h2 { border-bottom: 1px solid var(--line); margin-top: 2.5rem; text-transform: capitalize }
details { border: 1px solid var(--line); border-radius: 6px; margin: .5rem 0; padding: .4rem .8rem }
summary { cursor: pointer }
code, pre { font: 13px/1.45 ui-monospace, monospace }
pre { background: var(--soft); border-radius: 6px; overflow: auto; padding: .8rem; max-height: 30rem }
.method { display: inline-block; font-weight: 700; min-width: 4.2rem }
.scope { background: var(--soft); border-radius: 4px; float: right; padding: 0 .4rem }
td, th { border-bottom: 1px solid var(--line); padding: .2rem .8rem .2rem 0; text-align: left; vertical-align: top }`;

const SCRIPT = `
const add = (parent, tag, text, className) => {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  if (className) element.className = className;
  parent.append(element);
  return element;
};
const nameOf = (ref) => ref.split('/').at(-1);
const table = (parent, title, rows) => {
  if (rows.length === 0) return;
  add(parent, 'h4', title);
  const body = add(add(parent, 'table'), 'tbody');
  for (const cells of rows) {
    const row = add(body, 'tr');
    for (const cell of cells) add(row, 'td', cell);
  }
};
const typeOf = (schema) => {
  if (!schema) return '';
  if (schema.$ref) return nameOf(schema.$ref);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  if (schema.anyOf) return schema.anyOf.map(typeOf).join(' | ');
  if (schema.type === 'array') return typeOf(schema.items) + '[]';
  return [schema.type ?? 'any'].flat().join(' | ');
};
const show = (parent, title, schema) => {
  add(parent, 'h4', title);
  add(parent, 'pre', JSON.stringify(schema, null, 2));
};
const operation = (parent, method, path, spec) => {
  const box = add(parent, 'details');
  const head = add(box, 'summary');
  add(head, 'span', method.toUpperCase(), 'method');
  add(head, 'code', path);
  const scope = spec.security?.[0]?.apiKey?.[0];
  if (scope) add(head, 'code', scope, 'scope');
  add(box, 'p', spec.summary ?? '');
  table(box, 'Parameters', (spec.parameters ?? []).map((p) => [p.name, p.in, typeOf(p.schema), p.description ?? p.schema?.description ?? '']));
  const body = spec.requestBody?.content?.['application/json']?.schema;
  if (body) show(box, 'Body', body);
  const rows = Object.entries(spec.responses).map(([status, answer]) => [
    status, answer.description, typeOf(Object.values(answer.content ?? {})[0]?.schema)]);
  table(box, 'Answers', rows);
};
try {
  const spec = await (await fetch('/v1/openapi.json')).json();
  const main = document.querySelector('main');
  add(main, 'h1', spec.info.title);
  add(main, 'p', spec.info.description);
  add(main, 'pre', "curl -H 'Authorization: Bearer tlr_…' " + location.origin + '/v1/datasets');
  const byTag = new Map();
  for (const [path, methods] of Object.entries(spec.paths))
    for (const [method, one] of Object.entries(methods)) {
      const tag = one.tags?.[0] ?? 'other';
      byTag.set(tag, [...(byTag.get(tag) ?? []), [method, path, one]]);
    }
  for (const [tag, list] of byTag) {
    add(main, 'h2', tag);
    for (const [method, path, one] of list) operation(main, method, path, one);
  }
  add(main, 'h2', 'schemas');
  for (const [name, schema] of Object.entries(spec.components.schemas ?? {})) {
    const box = add(main, 'details');
    add(add(box, 'summary'), 'code', name);
    add(box, 'pre', JSON.stringify(schema, null, 2));
  }
} catch (error) {
  add(document.querySelector('main'), 'p', 'The description of the API could not be loaded: ' + error.message);
}`;

export const DOCS_HTML = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>TALLRec Edge API</title><style>${STYLE}</style></head>
<body><main></main><script type="module">${SCRIPT}</script></body></html>`;

export const DOCS_POLICY =
  "default-src 'none'; connect-src 'self'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
