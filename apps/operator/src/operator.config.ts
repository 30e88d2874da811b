import { hostname } from 'node:os';
import { z } from 'zod';
import {
  flag,
  integer,
  kubernetesEnv,
  list,
  milliseconds,
  opsEnv,
  opsFrom,
  peersFrom,
  port,
  telemetryEnv,
  telemetryFrom,
  telemetryVariables,
} from '@parlance/config';
import { SCALING_DEFAULTS } from '@parlance/scaling';

const image = (name: string) => z.string().default(`parlance/${name}:dev`);

/** Environment of the operator. It asks the API server as a kubeconfig says, or as its pod's service account. */
export const operatorSchema = z
  .object({
    ...opsEnv(8085),
    ...telemetryEnv,
    ...kubernetesEnv,
    /** Outside of a cluster; a pod has its service account. */
    KUBECONFIG: z.string().optional(),
    /** Names this replica in the lease and in the API server's audit log. */
    PARLANCE_OPERATOR_IDENTITY: z.string().default(`${hostname()}_${process.pid}`),
    /** Where the lease lies and the operator's own pods are. */
    PARLANCE_OPERATOR_NAMESPACE: z.string().default('default'),
    PARLANCE_OPERATOR_LEASE: z.string().default('parlance-operator'),
    PARLANCE_OPERATOR_LEASE_MS: milliseconds(12_000),
    PARLANCE_OPERATOR_RENEW_WITHIN_MS: milliseconds(8_000),
    PARLANCE_OPERATOR_RETRY_MS: milliseconds(2_000),
    /** The one namespace that is watched; empty: all of them. */
    PARLANCE_OPERATOR_WATCH_NAMESPACE: z.string().optional(),
    PARLANCE_OPERATOR_CONCURRENCY: integer(4, { min: 1, max: 64 }),
    /** Every object is looked at again so often, though nothing changed. */
    PARLANCE_OPERATOR_RESYNC_MS: milliseconds(600_000),
    /** How often it is asked whether the cluster has KEDA and Prometheus' CRDs. */
    PARLANCE_OPERATOR_DISCOVERY_MS: milliseconds(30_000),
    PARLANCE_OPERATOR_SCRAPE_MS: milliseconds(1000 * SCALING_DEFAULTS.observeSeconds),
    /** Where a pod's metrics and API are: `{ip}`, `{namespace}` and `{pod}` stand for the pod's own. */
    PARLANCE_OPERATOR_POD_METRICS_URL: z.string().default('http://{ip}:8081/metrics'),
    PARLANCE_OPERATOR_POD_GRPC_ADDRESS: z.string().default('{ip}:50061'),
    /** The API of external metrics; without a certificate it is not served. */
    PARLANCE_OPERATOR_METRICS_API_HOST: z.string().default('127.0.0.1'),
    PARLANCE_OPERATOR_METRICS_API_PORT: port(8443),
    PARLANCE_OPERATOR_TLS_CERT: z.string().optional(),
    PARLANCE_OPERATOR_TLS_KEY: z.string().optional(),
    /** How pods and KEDA reach the operator. */
    PARLANCE_OPERATOR_URL: z.url().default('http://parlance-operator:8085'),
    /** The label app.kubernetes.io/name of the platform's pods, by which the models' network policies admit gateways and the operator. */
    PARLANCE_OPERATOR_APP_NAME: z.string().default('parlance'),
    PARLANCE_OPERATOR_IMAGE_CPU: image('inference-cpu'),
    PARLANCE_OPERATOR_IMAGE_CUDA: image('inference-cuda'),
    PARLANCE_OPERATOR_IMAGE_CLI: image('cli'),
    PARLANCE_OPERATOR_IMAGE_TTS: image('tts'),
    /** Namespaces whose pods may scrape the pods of models, and in which gateways run; empty: the model's own. */
    PARLANCE_OPERATOR_METRICS_NAMESPACES: list(['monitoring']),
    PARLANCE_OPERATOR_GATEWAY_NAMESPACES: list(),
    PARLANCE_OPERATOR_EVENTS: flag(true),
  })
  .refine(
    (env) =>
      env.PARLANCE_OPERATOR_RENEW_WITHIN_MS + env.PARLANCE_OPERATOR_RETRY_MS < env.PARLANCE_OPERATOR_LEASE_MS,
    {
      path: ['PARLANCE_OPERATOR_RENEW_WITHIN_MS'],
      error:
        'with PARLANCE_OPERATOR_RETRY_MS must be below PARLANCE_OPERATOR_LEASE_MS: a leader stops before its lease is free',
    },
  )
  .refine((env) => env.KUBECONFIG !== undefined || env.KUBERNETES_SERVICE_HOST !== undefined, {
    path: ['KUBECONFIG'],
    error: 'is needed outside of a cluster',
  })
  .refine(
    (env) => (env.PARLANCE_OPERATOR_TLS_CERT === undefined) === (env.PARLANCE_OPERATOR_TLS_KEY === undefined),
    {
      path: ['PARLANCE_OPERATOR_TLS_KEY'],
      error: 'goes with PARLANCE_OPERATOR_TLS_CERT',
    },
  )
  .transform((env) => ({
    ops: opsFrom(env),
    telemetry: telemetryFrom(env),
    kubeconfig: env.KUBECONFIG,
    kubernetes: peersFrom(env).kubernetes,
    identity: env.PARLANCE_OPERATOR_IDENTITY,
    election: {
      namespace: env.PARLANCE_OPERATOR_NAMESPACE,
      name: env.PARLANCE_OPERATOR_LEASE,
      leaseMs: env.PARLANCE_OPERATOR_LEASE_MS,
      renewWithinMs: env.PARLANCE_OPERATOR_RENEW_WITHIN_MS,
      retryMs: env.PARLANCE_OPERATOR_RETRY_MS,
    },
    watchNamespace: env.PARLANCE_OPERATOR_WATCH_NAMESPACE,
    concurrency: env.PARLANCE_OPERATOR_CONCURRENCY,
    resyncMs: env.PARLANCE_OPERATOR_RESYNC_MS,
    discoveryMs: env.PARLANCE_OPERATOR_DISCOVERY_MS,
    areEventsWritten: env.PARLANCE_OPERATOR_EVENTS,
    pods: {
      scrapeMs: env.PARLANCE_OPERATOR_SCRAPE_MS,
      metricsUrl: env.PARLANCE_OPERATOR_POD_METRICS_URL,
      grpcAddress: env.PARLANCE_OPERATOR_POD_GRPC_ADDRESS,
    },
    metricsApi: {
      host: env.PARLANCE_OPERATOR_METRICS_API_HOST,
      port: env.PARLANCE_OPERATOR_METRICS_API_PORT,
      cert: env.PARLANCE_OPERATOR_TLS_CERT,
      key: env.PARLANCE_OPERATOR_TLS_KEY,
    },
    plan: {
      images: {
        cpu: env.PARLANCE_OPERATOR_IMAGE_CPU,
        cuda: env.PARLANCE_OPERATOR_IMAGE_CUDA,
        cli: env.PARLANCE_OPERATOR_IMAGE_CLI,
        tts: env.PARLANCE_OPERATOR_IMAGE_TTS,
      },
      appName: env.PARLANCE_OPERATOR_APP_NAME,
      operatorNamespace: env.PARLANCE_OPERATOR_NAMESPACE,
      operatorUrl: env.PARLANCE_OPERATOR_URL,
      metricsNamespaces: env.PARLANCE_OPERATOR_METRICS_NAMESPACES,
      gatewayNamespaces: env.PARLANCE_OPERATOR_GATEWAY_NAMESPACES,
      otlpEndpoint: env.OTEL_EXPORTER_OTLP_ENDPOINT,
      telemetry: telemetryVariables(env),
    },
  }));
export type OperatorConfig = z.infer<typeof operatorSchema>;

/** Injection token of the configuration. */
export const OPERATOR_CONFIG = Symbol('OPERATOR_CONFIG');
