// How the dashboard and the API's page are built: chunks by route, nothing inline, so that the strictest content policy holds.
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { leaveOut } from './build/leave-out.ts';
import { scalarScript } from './build/scalar.ts';

const EDGE = 'http://127.0.0.1:8787';

export default defineConfig(({ command }) => {
  // Vite leaves one that is set as it is, and a build within a test would be React's for development.
  if (command === 'build') process.env.NODE_ENV = 'production';
  return {
    root: import.meta.dirname,
    base: '/',
    plugins: [leaveOut(), react(), scalarScript()],
    build: {
      outDir: 'dist',
      emptyOutDir: true,
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      rolldownOptions: {
        input: ['index.html', 'docs.html'].map((page) => `${import.meta.dirname}/${page}`),
        // Each file is a trip of its own: the libraries that no page goes without come in one. The script of the API's page lies in Vite's cache.
        output: {
          codeSplitting: { groups: [{ name: 'libraries', tags: ['$initial'], test: /node_modules\/(?!\.vite\/)/ }] },
        },
      },
    },
    // The edge hears a signed-in browser from its own origin alone.
    server: { proxy: { '/v1': { target: EDGE, changeOrigin: true, headers: { origin: EDGE } } } },
  };
});
