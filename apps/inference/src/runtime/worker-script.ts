/** Worker threads run compiled code, also where this file itself is run from its source (tests). */
export function workerScript(): URL {
  const here = new URL('./worker.js', import.meta.url);
  const root = here.href.lastIndexOf('/apps/inference/src/');
  const compiled = here.href.slice(0, root).endsWith('/dist');
  return compiled ? here : new URL(`${here.href.slice(0, root)}/dist${here.href.slice(root)}`);
}
