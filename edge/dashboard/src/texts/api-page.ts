// Words of the API's page around the reference itself.
export const apiPageTexts = {
  product: 'TALLRec Edge',
  bar: 'TALLRec Edge',
  toDashboard: 'Go to the dashboard',
  loading: 'Loading the API reference',
  failed: 'The API reference could not be loaded. Load the page again; what it shows is at /v1/openapi.json, too.',
};
