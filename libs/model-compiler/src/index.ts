/** Whisper checkpoints → ONNX graphs. */
export { compileModel, GRAPH_VERSION, type CompileOptions, type CompileProgress } from './compile.js';
export { readManifest } from './compiled-folder.js';
export { melGraph } from './graphs/mel-graph.js';
export type { Manifest } from './manifest.schema.js';
export { GraphBuilder } from './onnx/graph-builder.js';
export {
  DEFAULT_PRECISIONS,
  precisionList,
  PRECISIONS,
  type ModelPrecision,
} from './whisper/weight-forms.js';
