import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { promisify } from 'node:util';
import { z } from 'zod';
import { AppError } from '@parlance/errors';
import type { CheckResult } from './checks.js';

const DAY_MS = 86_400_000;
/** As long before its end a certificate is a matter to see to. */
const CERTIFICATE_MARGIN_MS = 14 * DAY_MS;
const KUBECTL_LIMIT_MS = 20_000;

const metadata = z.object({ name: z.string(), labels: z.record(z.string(), z.string()).optional() });
const terminated = z.object({ reason: z.string().optional(), exitCode: z.number().optional() });
const containerSchema = z.object({
  name: z.string(),
  ready: z.boolean(),
  restartCount: z.number(),
  state: z
    .object({
      waiting: z.object({ reason: z.string().optional() }).optional(),
      terminated: terminated.optional(),
    })
    .optional(),
  lastState: z.object({ terminated: terminated.optional() }).optional(),
});
const podSchema = z.object({
  kind: z.literal('Pod'),
  metadata,
  status: z.object({
    phase: z.string().optional(),
    conditions: z
      .array(z.object({ type: z.string(), status: z.string(), message: z.string().optional() }))
      .optional(),
    containerStatuses: z.array(containerSchema).optional(),
  }),
});
const claimSchema = z.object({
  kind: z.literal('PersistentVolumeClaim'),
  metadata,
  status: z.object({ phase: z.string().optional() }),
});
const secretSchema = z.object({
  kind: z.literal('Secret'),
  metadata,
  data: z.record(z.string(), z.string()).optional(),
});
const objectSchema = z.discriminatedUnion('kind', [podSchema, claimSchema, secretSchema]);
type Pod = z.infer<typeof podSchema>;
/** What was found, and what to do where it is not well. */
type Finding = CheckResult & { readonly remedy: string };

/** What a cluster holds of a release, as `kubectl get … -o json` lists it; kinds that are not looked at are left out. */
export function clusterFindings(objects: readonly unknown[], now: number): CheckResult[] {
  const known = objects.flatMap((object) => objectSchema.safeParse(object).data ?? []);
  const findings = known.flatMap((object): Finding[] => {
    if (object.kind === 'Pod') return [podFinding(object)];
    const { name } = object.metadata;
    if (object.kind === 'Secret') return certificateFinding(name, object.data?.['tls.crt'], now);
    const phase = object.status.phase ?? 'Pending';
    const remedy = `kubectl describe pvc ${name}: no storage class may fit, or the storage is used up`;
    return [{ subject: `volume ${name}`, isWell: phase === 'Bound', detail: phase, remedy }];
  });
  if (!known.some(({ kind }) => kind === 'Pod'))
    findings.push({
      ...{ subject: 'pods', isWell: false, detail: 'there are none' },
      remedy: 'name the namespace with --namespace; helm list -A shows releases',
    });
  return findings.map(({ remedy, ...rest }) => (rest.isWell ? rest : { ...rest, remedy }));
}

function podFinding({ metadata: { name }, status }: Pod): Finding {
  const containers = status.containerStatuses ?? [];
  const restarts = containers.reduce((sum, { restartCount }) => sum + restartCount, 0);
  const last = containers.map(({ lastState }) => lastState?.terminated?.reason).find(Boolean);
  const waiting = containers.map(({ state }) => state?.waiting?.reason).find(Boolean);
  const unscheduled = status.conditions?.find(
    ({ type, status: answer }) => type === 'PodScheduled' && answer === 'False',
  );
  const isDone = status.phase === 'Succeeded';
  const isReady = isDone || (containers.length > 0 && containers.every(({ ready }) => ready));
  const state = unscheduled?.message ?? waiting ?? (isDone ? 'done' : isReady ? 'ready' : 'not ready');
  const again = restarts === 0 ? '' : `, ${restarts} restarts${last ? ` (last: ${last})` : ''}`;
  return {
    subject: `pod ${name}`,
    isWell: isReady,
    detail: `${state}${again}`,
    remedy: remedyFor(name, waiting, unscheduled !== undefined, last),
  };
}

function remedyFor(
  pod: string,
  waiting: string | undefined,
  isUnscheduled: boolean,
  last: string | undefined,
): string {
  if (isUnscheduled) return 'give the cluster such a node, or lower the requests in the values';
  if (waiting?.includes('Image') === true)
    return 'images.repository and images.tag of the values, and the pull secret';
  if (last === 'OOMKilled') return 'raise the memory limit in the values: the process needed more';
  if (waiting === 'CrashLoopBackOff') return `kubectl logs ${pod} --previous says why it ends`;
  return `its /readyz names what it waits for: kubectl get --raw /api/v1/namespaces/NAMESPACE/pods/${pod}:9090/proxy/readyz`;
}

function certificateFinding(name: string, encoded: string | undefined, now: number): Finding[] {
  if (encoded === undefined) return [];
  const subject = `certificate ${name}`;
  const remedy = 'renew it; the services read it anew by themselves (PARLANCE_TLS_RELOAD_MS)';
  try {
    const ends = Date.parse(new X509Certificate(Buffer.from(encoded, 'base64')).validTo);
    const days = Math.floor((ends - now) / DAY_MS);
    const detail = days < 0 ? 'expired' : `${days} days left`;
    return [{ subject, isWell: ends - now > CERTIFICATE_MARGIN_MS, detail, remedy }];
  } catch {
    return [{ subject, isWell: false, detail: 'tls.crt is no certificate', remedy }];
  }
}

/** Looks at a namespace with the kubectl of this machine, by its current context.
 *  @throws AppError upstream.unavailable with what kubectl said */
export async function examineCluster(
  namespace: string | undefined,
  now = Date.now(),
): Promise<CheckResult[]> {
  const within = namespace === undefined ? [] : ['--namespace', namespace];
  const objects = await kubectlList(['get', 'pods,persistentvolumeclaims', ...within]);
  // Whoever may not read secrets still learns the rest.
  const certificates = await kubectlList([
    ...['get', 'secrets', '--field-selector', 'type=kubernetes.io/tls'],
    ...within,
  ]).catch(() => []);
  return clusterFindings([...objects, ...certificates], now);
}

async function kubectlList(args: readonly string[]): Promise<unknown[]> {
  try {
    const options = { timeout: KUBECTL_LIMIT_MS, maxBuffer: 64 * 1024 ** 2 };
    const { stdout } = await promisify(execFile)('kubectl', [...args, '-o', 'json'], options);
    return (JSON.parse(stdout) as { items?: unknown[] }).items ?? [];
  } catch (cause) {
    const said = (cause as { stderr?: string }).stderr?.trim().split('\n').at(-1);
    throw new AppError(
      'upstream.unavailable',
      `kubectl ${args.slice(0, 2).join(' ')} failed: ${said || 'is kubectl installed, and its context set?'}`,
      { cause },
    );
  }
}
