/** The models of this machine: which there are, where they lie, and where they are fetched from. */
export { catalogue, ESSENTIAL_MODELS, findModel, type ModelReference } from './catalogue.js';
export type { ModelEntry, ModelFormat } from './catalogue.schema.js';
export type { FetchProgress } from './model-fetch.js';
export { listModels, locateModel, subfolders, type FoundModel } from './model-folders.js';
export {
  ModelStore,
  type FetchOptions,
  type ListedModel,
  type LocalModelState,
  type ModelStoreOptions,
  type Verification,
} from './model-store.js';
export { readSourceSettings, type SourceChoice, type SourceSettings } from './source-settings.js';
