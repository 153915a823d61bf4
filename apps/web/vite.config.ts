import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** `vite --mode fixtures` answers `/api` from `src/testing` instead of a console. */
export default defineConfig(async ({ mode }) => ({
  plugins: [react(), ...(mode === 'fixtures' ? [(await import('./src/testing/vite-plugin.ts')).fixtures()] : [])],
  build: {
    // The shell with React, router and query is 165 KB gzip; a warning in everybody's first start helps nobody.
    chunkSizeWarningLimit: 700,
    outDir: 'dist',
    // Terms that go with the code of others in the bundle; the console serves the file like the pages.
    license: { fileName: 'licenses.md' },
    emptyOutDir: true,
    // The browsers that have light-dark() and container queries; older ones would need both designs twice.
    target: ['chrome125', 'edge125', 'firefox125', 'safari17.5'],
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      treeshake: {
        // These are definitions only (core is pure by compiler), so what no page uses is left out: matchers, CVSS, OpenAPI.
        moduleSideEffects: (id: string) =>
          !/\/packages\/(core|contract)\/|\/node_modules\/(ae-cvss-calculator|semver|packageurl-js|zod)\//.test(id),
      },
    },
  },
  server: {
    port: 8481,
    strictPort: true,
    ...(mode === 'fixtures' ? {} : { proxy: { '/api': 'http://127.0.0.1:8480' } }),
  },
}));
