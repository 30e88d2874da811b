/** Other threads and processes run compiled code, also where this file itself is run from its source (tests).
 *  @param path  of the compiled file, from the root of the compiled tree */
export function compiledScript(path: string): URL {
  const { href } = new URL(import.meta.url);
  const root = href.slice(0, href.lastIndexOf('/apps/inference/src/'));
  return new URL(`${root.endsWith('/dist') ? root : `${root}/dist`}/${path}`);
}

export function workerScript(): URL {
  return compiledScript('apps/inference/src/runtime/worker.js');
}
