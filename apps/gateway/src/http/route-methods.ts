import type { Application } from 'express';

/** A layer of Express' router, whose types do not name what is read of it here. */
interface Layer {
  readonly route?: { readonly path: unknown; readonly methods: Readonly<Record<string, boolean>> };
  match(path: string): unknown;
}

/** Methods that the routes of an application have at a path, in alphabetical order; empty where there is no route.
 *  @param path  without the query */
export function allowedMethods({ router }: Application, path: string): readonly string[] {
  const layers = router.stack as unknown as readonly Layer[];
  const own = layers.flatMap((layer) =>
    layer.route && isMatch(layer, path) ? Object.keys(layer.route.methods) : [],
  );
  if (own.length === 0) return [];
  const methods = new Set(own.map((method) => method.toUpperCase()));
  if (methods.has('GET')) methods.add('HEAD');
  // Of every address: browsers ask so before requests to another origin.
  methods.add('OPTIONS');
  return [...methods].sort();
}

/** What the paths of an application's routes begin with: `api` of `/api/v1/turns/:id`. */
export function firstSegments({ router }: Application): ReadonlySet<string> {
  const layers = router.stack as unknown as readonly Layer[];
  const paths = layers.flatMap(({ route }) => (typeof route?.path === 'string' ? [route.path] : []));
  return new Set(paths.map((path) => path.split('/')[1] ?? '').filter((segment) => segment !== ''));
}

function isMatch(layer: Layer, path: string): boolean {
  try {
    return Boolean(layer.match(path));
  } catch {
    // A parameter that is no percent encoding.
    return false;
  }
}
