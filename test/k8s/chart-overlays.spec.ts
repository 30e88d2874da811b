import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EVERYTHING, OVERLAYS } from '../support/chart-values.js';
import { HELM_VERSIONS, renderText } from '../support/charts.js';
import { standInDefinitions } from '../support/foreign-definitions.js';
import { Kubebox } from '../support/kubebox.js';

const LIMIT_MS = 600_000;
const NAMESPACE = 'speech';

describe('what the charts render', () => {
  let box: Kubebox;

  beforeAll(async () => {
    box = await Kubebox.start({ nodes: 1 });
    await box.createNamespace(NAMESPACE);
    // By the flag kubectl would refuse the operator's rights in another namespace.
    await box.kubectl(['config', 'set-context', '--current', '--namespace', NAMESPACE]);
    await box.apply(standInDefinitions());
  }, LIMIT_MS);
  afterAll(() => box?.stop(), 60_000);

  /** Has the API server check manifests without keeping them. @returns what it refused or warned of */
  const faultsOf = async (manifests: string): Promise<string> => {
    const args = ['apply', '--server-side', '--dry-run=server', '--validate=strict', '-f', '-'];
    const { status, errors } = await box.run('kubectl', args, { input: manifests });
    return status === 0 ? errors : `${status}: ${errors}`;
  };

  describe.each(HELM_VERSIONS)('with Helm %i', (helm) => {
    it.each(OVERLAYS)(
      'by helm/%s is taken by the API server without a fault or warning',
      async (overlay) => {
        expect(OVERLAYS.length).toBeGreaterThanOrEqual(6);
        const text = await renderText({}, { helm, namespace: NAMESPACE, files: [`helm/${overlay}`] });
        expect(await faultsOf(text)).toBe('');
      },
      LIMIT_MS,
    );

    it(
      'is taken with the defaults, with all that can be switched on, and with the longest name of a release',
      async () => {
        for (const values of [{}, EVERYTHING])
          for (const release of ['voice', 'r'.repeat(53)])
            expect(await faultsOf(await renderText(values, { helm, release, namespace: NAMESPACE }))).toBe(
              '',
            );
      },
      LIMIT_MS,
    );
  });

  it(
    'would be refused or warned of if a container asked for more than the restricted standard allows',
    async () => {
      const values = { defaults: { containerSecurityContext: { allowPrivilegeEscalation: true } } };
      expect(await faultsOf(await renderText(values, { namespace: NAMESPACE }))).toContain(
        'would violate PodSecurity',
      );
    },
    LIMIT_MS,
  );

  it(
    'as the kustomize base is taken too',
    async () => {
      expect(await faultsOf(await box.kubectl(['kustomize', 'k8s/base']).then(inNamespace))).toBe('');
    },
    LIMIT_MS,
  );
});

/** The base is made for a namespace of its own. */
function inNamespace(text: string): string {
  return text.replaceAll('namespace: parlance', `namespace: ${NAMESPACE}`);
}
