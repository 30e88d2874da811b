import type { ModelSource, SessionSettings } from '../../runtime/protocol.js';
import { CrossPool } from './cross-attention.js';
import { DecodeBatcher } from './decode-batcher.js';
import { RuleSets } from './decode-rules.js';
import { WhisperGraphs } from './whisper-graphs.js';

/** A model in memory and what its jobs share. */
export interface WhisperEngine {
  readonly graphs: WhisperGraphs;
  readonly batcher: DecodeBatcher;
  readonly crossPool: CrossPool;
  readonly rules: RuleSets;
}

/** @throws AppError model.invalid */
export async function openEngine(source: ModelSource, settings: SessionSettings): Promise<WhisperEngine> {
  const graphs = await WhisperGraphs.open(source, settings);
  return {
    graphs,
    batcher: new DecodeBatcher(graphs),
    crossPool: new CrossPool(graphs.manifest.dims),
    rules: new RuleSets(graphs.manifest, graphs.tokenizer),
  };
}
