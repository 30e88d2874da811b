import type { Logger } from '@parlance/telemetry';
import { readSpeechModel } from './api/speech-model.v1alpha1.schema.js';
import { UnreadableError } from './api/custom-resource.js';
import { Executor } from './execute/executor.js';
import { StatusWriter } from './execute/status-writer.js';
import type { ApiAccess } from './kit/api-access.js';
import { ClusterClient } from './kit/cluster.client.js';
import { Controller } from './kit/controller.js';
import { EventRecorder } from './kit/event-recorder.js';
import { KINDS } from './kit/kinds.data.js';
import { keyOf } from './kit/kube-object.js';
import { LeaderElection } from './kit/leader-election.js';
import { ClusterView, RECONCILED } from './observe/cluster-view.js';
import { OffersService } from './observe/offers.service.js';
import { ModelCacheReconciler } from './model-cache.reconciler.js';
import type { OperatorConfig } from './operator.config.js';
import { GoldenCheckService } from './rollout/golden-check.service.js';
import { ExternalMetricsServer } from './scaling/external-metrics.server.js';
import { FrontProxy } from './scaling/front-proxy.js';
import { LoadService } from './scaling/load.service.js';
import { PodScraper } from './scaling/pod-scraper.service.js';
import { SpeechModelReconciler } from './speech-model.reconciler.js';
import { VoiceModelReconciler } from './voice-model.reconciler.js';

/** Injection token of the operator's connection to its cluster. */
export const CLUSTER = Symbol('CLUSTER');

/** Everything by which the operator works on one cluster: both replicas watch and scrape, the leader alone reconciles. */
export class Cluster {
  readonly view: ClusterView;
  /** Writes whoever leads; for what any replica may do. */
  readonly anybody: ClusterClient;
  readonly election: LeaderElection;
  private readonly controllers: ReadonlyMap<string, Controller>;
  private readonly offers: OffersService;
  private readonly loads = new LoadService();
  private readonly scraper: PodScraper;
  private readonly frontProxy: FrontProxy;
  private handover: Promise<void> = Promise.resolve();
  private metricsServer: ExternalMetricsServer | undefined;

  constructor(
    private readonly config: OperatorConfig,
    access: ApiAccess,
    private readonly logger: Logger,
  ) {
    const userAgent = `parlance-operator (${config.identity})`;
    this.anybody = new ClusterClient(access, { userAgent });
    // Renewing must fail well before the leader has to stop.
    const elector = new ClusterClient(access, {
      userAgent,
      timeoutMs: config.election.renewWithinMs / 2,
    });
    this.election = new LeaderElection(elector, {
      ...config.election,
      identity: config.identity,
      logger,
      onElected: () => this.lead(),
      onLost: () => this.follow(),
    });
    const leader = new ClusterClient(access, { userAgent, fence: this.election });
    const enqueue = (kind: string, key: string) => this.controllers.get(kind)?.enqueue(key);
    this.view = new ClusterView(this.anybody, {
      namespace: config.watchNamespace,
      onAffected: enqueue,
      logger,
    });
    const everyModel = () => {
      for (const { kind, metadata } of this.view.list(KINDS.speechModel)) enqueue(kind, keyOf(metadata));
    };
    const wakeModel = (key: string) => enqueue(KINDS.speechModel.kind, key);
    this.offers = new OffersService(this.anybody, this.view, config.discoveryMs, everyModel, logger);
    this.scraper = new PodScraper(this.view, this.loads, {
      everyMs: config.pods.scrapeMs,
      metricsUrl: config.pods.metricsUrl,
      onChange: wakeModel,
      logger,
    });
    this.frontProxy = new FrontProxy(this.anybody, logger);
    const events = new EventRecorder(leader, config.identity, logger);
    const statuses = new StatusWriter(leader, events);
    const executor = new Executor(leader, statuses, events);
    const goldens = new GoldenCheckService(this.anybody, {
      grpcAddress: config.pods.grpcAddress,
      onResult: wakeModel,
      logger,
    });
    const shared = { view: this.view, executor, statuses, settings: config.plan, resyncMs: config.resyncMs };
    const models = new SpeechModelReconciler({ ...shared, offers: this.offers, loads: this.loads, goldens });
    const controller = (kind: string, reconcile: (key: string) => Promise<number | undefined>) =>
      [kind, new Controller({ name: kind, concurrency: config.concurrency, reconcile, logger })] as const;
    const caches = new ModelCacheReconciler({ ...shared, client: leader });
    const voices = new VoiceModelReconciler(shared);
    this.controllers = new Map([
      controller(KINDS.speechModel.kind, (key) => models.reconcile(key)),
      controller(KINDS.modelCache.kind, (key) => caches.reconcile(key)),
      controller(KINDS.voiceModel.kind, (key) => voices.reconcile(key)),
    ]);
  }

  /** What the process needs to do its work: caches that are filled, and an election that goes on. */
  get missing(): readonly string[] {
    return this.view.missing;
  }

  async start(): Promise<void> {
    this.view.start();
    await this.offers.start();
    this.scraper.start();
    this.election.start();
    const { host, port, cert, key } = this.config.metricsApi;
    if (cert === undefined || key === undefined) return;
    await this.frontProxy.start();
    this.metricsServer = new ExternalMetricsServer({
      host,
      port,
      cert,
      key,
      frontProxy: this.frontProxy,
      loadOf: (namespace, model) => this.scalingLoad(namespace, model),
      logger: this.logger,
    });
    await this.metricsServer.start();
  }

  async stop(): Promise<void> {
    this.offers.stop();
    this.frontProxy.stop();
    await this.metricsServer?.stop();
    await this.election.stop();
    await Promise.all([this.scraper.stop(), this.view.stop()]);
  }

  /** @returns what an autoscaler is told of a model; undefined where nothing is known */
  scalingLoad(namespace: string, name: string): number | undefined {
    const object = this.view.get(KINDS.speechModel, namespace, name);
    if (!object) return undefined;
    try {
      return this.loads.scalingLoad(readSpeechModel(object), this.view.podsOf(object));
    } catch (error) {
      if (error instanceof UnreadableError) return undefined;
      throw error;
    }
  }

  private lead(): void {
    this.handover = this.handover.then(() => this.begin());
  }

  /** Resolves when no work of the term is under way. */
  private follow(): Promise<void> {
    this.handover = this.handover.then(async () => {
      await Promise.all([...this.controllers.values()].map((controller) => controller.stop()));
    });
    return this.handover;
  }

  /** Plans made from half a view would make again what is there. */
  private async begin(): Promise<void> {
    while (this.election.isLeading && !this.view.hasSynced)
      await new Promise((resolve) => setTimeout(resolve, 50));
    if (!this.election.isLeading) return;
    for (const kind of RECONCILED) {
      const keys = this.view.list(kind).map(({ metadata }) => keyOf(metadata));
      this.controllers.get(kind.kind)?.start(keys);
    }
  }
}
