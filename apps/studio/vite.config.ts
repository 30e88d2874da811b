import { defineConfig } from 'vite';

/** Where a gateway is, for `npx vite apps/studio`, which serves the page as it is written. */
const gateway = process.env.PARLANCE_URL ?? 'http://127.0.0.1:8080';
const PATHS_OF_API = ['/api', '/v1', '/v2', '/socket.io', '/studio.json', '/status'];

const config = defineConfig({
  root: import.meta.dirname,
  build: {
    target: 'es2023',
    // Files of their own: the Content-Security-Policy knows no data: addresses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    // What the licences of the packages in it ask for.
    license: { fileName: 'licenses.md' },
    rolldownOptions: {
      checks: { pluginTimings: false },
      // Of React's server components, which there are none of here.
      onwarn: (warning, tell) => {
        if (warning.code !== 'MODULE_LEVEL_DIRECTIVE') tell(warning);
      },
    },
  },
  server: {
    proxy: Object.fromEntries(PATHS_OF_API.map((path) => [path, { target: gateway, ws: true }])),
  },
});

export { config as default };
