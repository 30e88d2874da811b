import { LABELS } from '../api/group.js';
import type { SpeechModel } from '../api/speech-model.js';
import { KINDS, type Kind } from '../kit/kinds.data.js';
import { ownerReferenceTo, type KubeObject } from '../kit/kube-object.js';
import type { Offers, PlanSettings } from '../observe/observed.js';
import { isFetchedByPods } from './model-volume.js';
import { labelsOf, selectorOf, workloadName } from './names.js';

/** How new streams are shared between the revisions, in per cent. */
export interface TrafficShare {
  readonly revision: string;
  readonly weight: number;
}

const NAMESPACE_LABEL = 'kubernetes.io/metadata.name';

/** @returns an object of a model, which goes with it */
export function owned(
  model: SpeechModel,
  kind: Kind,
  name: string,
  content: object,
  labels: Readonly<Record<string, string>> = {},
): KubeObject {
  return {
    apiVersion: kind.apiVersion,
    kind: kind.kind,
    metadata: {
      name,
      namespace: model.namespace,
      labels: { ...labelsOf(model), ...labels },
      ownerReferences: [ownerReferenceTo(model.object)],
    },
    ...content,
  };
}

const GRPC_PORT = {
  name: 'grpc',
  port: 50061,
  targetPort: 'grpc',
  protocol: 'TCP',
  appProtocol: 'kubernetes.io/h2c',
};
const OPS_PORT = { name: 'ops', port: 8081, targetPort: 'ops', protocol: 'TCP' };

/** @returns the Services: one of the model, which names its stable revision's pods; one of each revision, whose EndpointSlices
 *  carry the weight; one by which metrics are scraped. All are headless: callers choose among the pods. */
export function services(model: SpeechModel, stable: string, traffic: readonly TrafficShare[]): KubeObject[] {
  const headless = (name: string, selector: object, port: object, labels: Record<string, string> = {}) =>
    owned(model, KINDS.service, name, { spec: { clusterIP: 'None', selector, ports: [port] } }, labels);
  const routed = { [LABELS.routed]: 'true' };
  return [
    headless(model.name, { ...selectorOf(model.name, stable), ...routed }, GRPC_PORT),
    headless(`${model.name}-metrics`, selectorOf(model.name), OPS_PORT),
    ...traffic.map(({ revision, weight }) =>
      headless(
        workloadName(model.name, revision),
        { ...selectorOf(model.name, revision), ...routed },
        GRPC_PORT,
        { [LABELS.revision]: revision, [LABELS.weight]: String(weight) },
      ),
    ),
  ];
}

/** @returns who may reach the pods, and what they may reach */
export function networkPolicy(model: SpeechModel, settings: PlanSettings): KubeObject {
  const within = (namespaces: readonly string[], podLabels?: Readonly<Record<string, string>>) =>
    namespaces.map((namespace) => ({
      namespaceSelector: { matchLabels: { [NAMESPACE_LABEL]: namespace } },
      ...(podLabels ? { podSelector: { matchLabels: podLabels } } : {}),
    }));
  const parlance = (component: string) => ({
    'app.kubernetes.io/name': settings.appName,
    'app.kubernetes.io/component': component,
  });
  const gateways = settings.gatewayNamespaces.length > 0 ? settings.gatewayNamespaces : [model.namespace];
  const operator = within([settings.operatorNamespace], parlance('operator'));
  const dns = { ports: [53].flatMap((port) => ['UDP', 'TCP'].map((protocol) => ({ port, protocol }))) };
  const outside = { ports: [{ port: 443, protocol: 'TCP' }] };
  const telemetry = { ports: [4317, 4318].map((port) => ({ port, protocol: 'TCP' })) };
  return owned(model, KINDS.networkPolicy, model.name, {
    spec: {
      podSelector: { matchLabels: selectorOf(model.name) },
      policyTypes: ['Ingress', 'Egress'],
      ingress: [
        {
          ports: [{ port: 'grpc', protocol: 'TCP' }],
          from: [...within(gateways, parlance('gateway')), ...operator],
        },
        {
          ports: [{ port: 'ops', protocol: 'TCP' }],
          from: [...operator, ...within(settings.metricsNamespaces)],
        },
      ],
      egress: [
        dns,
        ...(isFetchedByPods(model.spec) ? [outside] : []),
        ...(settings.otlpEndpoint === undefined ? [] : [telemetry]),
      ],
    },
  });
}

/** @returns that at most one pod is evicted at a time, and where to scrape, if anybody does */
export function availability(model: SpeechModel, offers: Offers): KubeObject[] {
  const matchLabels = selectorOf(model.name);
  const budget = owned(model, KINDS.disruptionBudget, model.name, {
    spec: { maxUnavailable: 1, selector: { matchLabels } },
  });
  const monitor = owned(model, KINDS.podMonitor, model.name, {
    spec: {
      selector: { matchLabels },
      podTargetLabels: [LABELS.model, LABELS.revision],
      podMetricsEndpoints: [{ port: 'ops', path: '/metrics', interval: '15s' }],
    },
  });
  return offers.podMonitor ? [budget, monitor] : [budget];
}
