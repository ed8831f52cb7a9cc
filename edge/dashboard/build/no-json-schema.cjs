// In place of zod's generator of JSON schemas, which no page calls and which every schema would bring along. What makes a method makes one
// that throws; all else throws at once.
function refuse() {
  throw new Error('The dashboard makes no JSON schemas.');
}
module.exports = new Proxy({}, { get: (_, name) => (String(name).startsWith('create') ? () => refuse : refuse) });
