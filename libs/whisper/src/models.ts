import type { ModelFactories } from '@parlance/onnx/model';
import { WhisperModel } from './engine/whisper-model.js';

/** The kinds of models that a worker of @parlance/onnx can open when it is started with this module. */
export const models: ModelFactories = { whisper: WhisperModel };
