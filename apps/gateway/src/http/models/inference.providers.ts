import { OpenModelsClient } from '../../models/open-models.client.js';
import { TenantModels } from '../../models/tenant-models.service.js';
import { InferenceModelController, InferenceModelVersionController } from './inference-models.controller.js';
import { InferenceRequests } from './inference-requests.service.js';
import { InferenceHealthController, InferenceServerController } from './inference-server.controller.js';

/** The Open Inference Protocol. The server's routes come first: `models/stats` is no model. */
export const INFERENCE_CONTROLLERS = [
  InferenceHealthController,
  InferenceServerController,
  InferenceModelController,
  InferenceModelVersionController,
];
export const INFERENCE_PROVIDERS = [OpenModelsClient, TenantModels, InferenceRequests];
