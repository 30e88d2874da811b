import type { ModelSource, SessionSettings } from '@parlance/onnx';
import { DecodeBatcher } from './decode-batcher.js';
import { RuleSets } from './decode-rules.js';
import { WhisperGraphs } from './whisper-graphs.js';

/** A model in memory and what its jobs share. */
export interface WhisperEngine {
  readonly graphs: WhisperGraphs;
  readonly batcher: DecodeBatcher;
  readonly rules: RuleSets;
  /** Texts are generated in one run each: on a device whose memory is not the host's. */
  readonly isRemote: boolean;
}

/** @throws AppError model.invalid */
export async function openEngine(source: ModelSource, settings: SessionSettings): Promise<WhisperEngine> {
  const graphs = await WhisperGraphs.open(source, settings);
  const cacheType = await graphs.cacheType();
  return {
    graphs,
    isRemote: await graphs.isRemote(),
    batcher: new DecodeBatcher(graphs, cacheType),
    rules: new RuleSets(graphs.manifest, graphs.tokenizer),
  };
}
