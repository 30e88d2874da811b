import type { Profile } from '../api/speech-model.js';

/** What pods of a profile ask of a node. */
export interface ResourceProfile {
  readonly cpu: string;
  readonly memory: string;
  /** The extended resource of its GPUs; undefined: none. */
  readonly gpuResource: string | undefined;
  readonly nodeSelector: Readonly<Record<string, string>>;
}

const gpu = (
  product: string,
  cpu: string,
  memory: string,
  gpuResource = 'nvidia.com/gpu',
): ResourceProfile => ({
  cpu,
  memory,
  gpuResource,
  nodeSelector: { 'nvidia.com/gpu.product': product },
});

/** Labels are those of NVIDIA's GPU feature discovery; clusters with others give theirs in spec.placement.nodeSelector, which wins. */
export const PROFILES: Readonly<Record<Profile, ResourceProfile>> = {
  cpu: { cpu: '2', memory: '1536Mi', gpuResource: undefined, nodeSelector: {} },
  'cpu-large': { cpu: '8', memory: '6Gi', gpuResource: undefined, nodeSelector: {} },
  l4: gpu('NVIDIA-L4', '4', '12Gi'),
  a10g: gpu('NVIDIA-A10G', '4', '12Gi'),
  'a100-mig-1g': gpu('NVIDIA-A100-SXM4-40GB', '2', '6Gi', 'nvidia.com/mig-1g.5gb'),
  a100: gpu('NVIDIA-A100-SXM4-40GB', '8', '24Gi'),
  h100: gpu('NVIDIA-H100-80GB-HBM3', '8', '32Gi'),
};
