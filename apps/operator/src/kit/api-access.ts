import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Agent, type Dispatcher } from 'undici';

/** Connections to the API server, with what each request on them must carry. */
export interface ApiConnections {
  readonly headers: Readonly<Record<string, string>>;
  readonly dispatcher: Dispatcher;
}

/** Where the API server is, and how it is told who asks. */
export interface ApiAccess {
  readonly server: string;
  /** Opens connections with the credentials as they are now. */
  readonly connect: () => Promise<ApiConnections>;
}

/** The access that a pod has by its service account.
 *  @param folder  holds `token` and `ca.crt`, which are replaced while the pod runs */
export function serviceAccountAccess(server: string, folder: string): ApiAccess {
  return {
    server,
    connect: async () => {
      const [token, ca] = await Promise.all([
        readFile(join(folder, 'token'), 'utf8'),
        readFile(join(folder, 'ca.crt')),
      ]);
      return {
        headers: { authorization: `Bearer ${token.trim()}` },
        dispatcher: new Agent({ connect: { ca } }),
      };
    },
  };
}

/** The access that a kubeconfig describes. Its reader is loaded here alone: it brings 40 MB of clients that a pod does not need. */
export async function kubeconfigAccess(file: string): Promise<ApiAccess> {
  const { HttpMethod, KubeConfig, RequestContext } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  config.loadFromFile(file);
  const { server } = config.getCurrentCluster() ?? {};
  if (server === undefined) throw new Error(`${file}: its current context names no cluster`);
  return {
    server,
    connect: async () => {
      const context = new RequestContext(server, HttpMethod.GET);
      await config.applySecurityAuthentication(context);
      return { headers: context.getHeaders(), dispatcher: context.getDispatcher() as Dispatcher };
    },
  };
}
