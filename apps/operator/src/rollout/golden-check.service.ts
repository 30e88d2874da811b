import type { SpeechClient } from '@parlance/contracts/proto/parlance/voice/v1/Speech';
import type { RecognizeResponse__Output } from '@parlance/contracts/proto/parlance/voice/v1/RecognizeResponse';
import { GrpcClientPool } from '@parlance/rpc';
import type { Logger } from '@parlance/telemetry';
import type { ClusterClient } from '../kit/cluster.client.js';
import { KINDS } from '../kit/kinds.data.js';
import { parseKey, type KubeObject } from '../kit/kube-object.js';
import { LABELS } from '../api/group.js';
import type { GoldenResult } from '../observe/observed.js';
import { isPodReady } from '../observe/pod-reading.js';
import type { GoldenRequest } from '../plan/plan.js';
import { podAddress } from '../scaling/pod-scraper.service.js';
import { wordErrorPercent } from './word-errors.js';

export interface GoldenCheckOptions {
  /** `{ip}`, `{namespace}` and `{pod}` stand for the pod's own. */
  readonly grpcAddress: string;
  /** A check has ended. */
  readonly onResult: (key: string) => void;
  readonly logger: Logger;
}

interface Utterance {
  readonly name: string;
  readonly audio: Buffer;
  readonly expected: string;
}

const LIMIT_MS = 60_000;
/** A check that could not be made is made again after so long. */
const RETRY_MS = 5_000;

/** Has a pod of a new revision recognize utterances whose text is known, and counts the wrong words. */
export class GoldenCheckService {
  private readonly results = new Map<string, GoldenResult & { readonly at: number }>();
  private readonly running = new Set<string>();

  constructor(
    private readonly client: ClusterClient,
    private readonly options: GoldenCheckOptions,
  ) {}

  resultOf(key: string): GoldenResult | undefined {
    return this.results.get(key);
  }

  forget(key: string): void {
    this.results.delete(key);
  }

  /** Begins a check, unless one runs or has been made of this revision. */
  request(key: string, wanted: GoldenRequest, pods: readonly KubeObject[]): void {
    const last = this.results.get(key);
    const isKnown = last?.revision === wanted.revision;
    if (this.running.has(key) || (isKnown && last.fault === undefined)) return;
    if (isKnown && Date.now() - last.at < RETRY_MS) return;
    this.running.add(key);
    void this.check(key, wanted, pods)
      .catch((error: unknown): GoldenResult => {
        this.options.logger.warn(
          { err: error, object: key, revision: wanted.revision },
          'golden utterances could not be checked',
        );
        return { revision: wanted.revision, fault: error instanceof Error ? error.message : String(error) };
      })
      .then((result) => {
        this.results.set(key, { ...result, at: Date.now() });
        this.running.delete(key);
        this.options.onResult(key);
      });
  }

  private async check(
    key: string,
    wanted: GoldenRequest,
    pods: readonly KubeObject[],
  ): Promise<GoldenResult> {
    const { namespace } = parseKey(key);
    const utterances = await this.utterances(namespace, wanted.configMapName);
    const pod = pods.find(
      (each) => each.metadata.labels?.[LABELS.revision] === wanted.revision && isPodReady(each),
    );
    const address = pod && podAddress(this.options.grpcAddress, pod);
    if (address === undefined) throw new Error(`no pod of revision ${wanted.revision} is ready`);
    const pool = new GrpcClientPool<SpeechClient>('voice', { addresses: [address] });
    try {
      const recognized: { expected: string; recognized: string }[] = [];
      for (const { audio, expected } of utterances)
        recognized.push({ expected, recognized: await recognize(pool, wanted, audio) });
      return { revision: wanted.revision, wordErrorPercent: wordErrorPercent(recognized) };
    } finally {
      pool.close();
    }
  }

  private async utterances(namespace: string, name: string): Promise<Utterance[]> {
    const { apiVersion, kind } = KINDS.configMap;
    const map = await this.client.get({ apiVersion, kind, namespace, name });
    const data = (map.data ?? {}) as Readonly<Record<string, string>>;
    const audio = (map.binaryData ?? {}) as Readonly<Record<string, string>>;
    const utterances = Object.entries(audio).flatMap(([file, base64]) => {
      const [, utterance] = /^(.+)\.wav$/.exec(file) ?? [];
      const expected = utterance === undefined ? undefined : data[`${utterance}.txt`];
      return utterance === undefined || expected === undefined
        ? []
        : [{ name: utterance, audio: Buffer.from(base64, 'base64'), expected }];
    });
    if (utterances.length === 0)
      throw new Error(`ConfigMap ${name} has no utterance: binaryData NAME.wav with data NAME.txt`);
    return utterances;
  }
}

async function recognize(
  pool: GrpcClientPool<SpeechClient>,
  { model, language }: GoldenRequest,
  audio: Buffer,
): Promise<string> {
  const config = { audio: { encoding: 'AUDIO_ENCODING_WAV' as const }, model, language: language ?? '' };
  const { text } = await pool.call<RecognizeResponse__Output>(
    (client, answer) => client.Recognize({ config, audio }, answer),
    AbortSignal.timeout(LIMIT_MS),
  );
  return text;
}
