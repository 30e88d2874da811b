import { defineConfig, type Plugin } from 'vite';

/** Where a gateway is, for `npx vite apps/studio`, which serves the page as it is written. */
const gateway = process.env.PARLANCE_URL ?? 'http://127.0.0.1:8080';
const PATHS_OF_API = ['/api', '/v1', '/v2', '/socket.io', '/studio.json', '/status'];

/** Names the large script before all else that the page loads: it comes by the connection that is open already, which on a slow line
 *  saves it two round trips. */
const largeScriptFirst: Plugin = {
  name: 'large-script-first',
  enforce: 'post',
  transformIndexHtml: {
    order: 'post',
    handler: (html) => {
      const script = /\s*<(?:script|link)[^>]*\/assets\/first-[^>]*>(?:<\/script>)?/.exec(html)?.[0];
      return script
        ? html.replace(script, '').replace(/<meta charset[^>]*>/, (charset) => charset + script)
        : html;
    },
  },
};

const config = defineConfig({
  root: import.meta.dirname,
  plugins: [largeScriptFirst],
  build: {
    target: 'es2023',
    // Files of their own: the Content-Security-Policy knows no data: addresses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    // What the licences of the packages in it ask for.
    license: { fileName: 'licenses.md' },
    rolldownOptions: {
      output: {
        // What the first screen needs comes in one file: each one more costs a round trip on a slow line.
        codeSplitting: {
          groups: [
            {
              name: 'first',
              test: /node_modules\/(react|react-dom|scheduler|@tanstack\/react-query|@tanstack\/query-core|openapi-fetch)\/|src\/(main|app|api|access|router|theme|fault-note|texts\/(en|text-store))/,
            },
          ],
        },
      },
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
