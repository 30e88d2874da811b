/** Where clients of the Open Inference Protocol send requests over HTTP. */
export const INFERENCE_PATH = '/v2';

/** Whether a path is one of the protocol's, which has bodies and faults of its own. */
export function isInferencePath(path: string): boolean {
  return path === INFERENCE_PATH || path.startsWith(`${INFERENCE_PATH}/`);
}
