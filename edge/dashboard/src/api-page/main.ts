// The API's page: Scalar over /v1/openapi.json, as whoever is signed in, and with nothing from elsewhere.

import scalarUrl from 'virtual:scalar?url';
import type { ApiReferenceConfiguration } from '@scalar/fastify-api-reference';
import { apiPageTexts } from '../texts/api-page.ts';
import { fetchAsSignedIn } from './fetch-as-signed-in.ts';

declare global {
  interface Window {
    Scalar: { createApiReference(at: string, configuration: Partial<ApiReferenceConfiguration>): unknown };
  }
  var __zod_globalConfig: { jitless: boolean };
}

// Scalar has a zod of its own: it compiles no schema with eval, which the page's content policy forbids.
globalThis.__zod_globalConfig = { jitless: true };

const link = document.createElement('a');
link.href = '/';
link.textContent = apiPageTexts.toDashboard;
const bar = document.getElementById('bar')!;
bar.ariaLabel = apiPageTexts.bar;
bar.append(apiPageTexts.product, link);

const state = document.getElementById('state')!;
state.textContent = apiPageTexts.loading;

const script = document.createElement('script');
script.src = scalarUrl;
script.addEventListener('load', () => {
  window.Scalar.createApiReference('#reference', {
    url: '/v1/openapi.json',
    servers: [{ url: window.location.origin }],
    customFetch: fetchAsSignedIn,
    onLoaded: () => state.remove(),
    ...chosenScheme(),
    withDefaultFonts: false,
    hideDarkModeToggle: true,
    documentDownloadType: 'direct',
    orderSchemaPropertiesBy: 'preserve',
    modelsSectionLabel: 'Schemas',
    authentication: { preferredSecurityScheme: 'apiKey' },
    defaultHttpClient: { targetKey: 'shell', clientKey: 'curl' },
    featuredClients: ['shell/curl', 'js/fetch', 'node/fetch', 'python/requests'],
    // What speaks to Scalar's own servers.
    telemetry: false,
    agent: { disabled: true },
    mcp: { disabled: true },
    hideClientButton: true,
    showDeveloperTools: 'never',
  });
});
script.addEventListener('error', () => {
  state.textContent = apiPageTexts.failed;
});
document.head.append(script);

/** What was chosen in the dashboard, and else the system's. */
function chosenScheme(): Partial<ApiReferenceConfiguration> {
  const chosen = localStorage.getItem('mantine-color-scheme-value');
  return chosen === 'light' || chosen === 'dark' ? { forceDarkModeState: chosen } : {};
}
