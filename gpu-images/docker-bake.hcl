// docker buildx bake -f gpu-images/docker-bake.hcl                    all images but the CUDA one
// docker buildx bake -f gpu-images/docker-bake.hcl inference-cuda     that one: amd64, about 3 GB
variable "TAG" { default = "dev" }
variable "REPOSITORY" { default = "parlance" }
// Released builds name both by digest (node:24.21.0-bookworm-slim@sha256:…), as the registry in use has them.
variable "NODE_IMAGE" { default = "node:24.21.0-bookworm-slim" }
variable "CUDA_IMAGE" { default = "nvidia/cuda:12.9.1-cudnn-runtime-ubuntu24.04" }
// The time of the commit, and a day of Debian's archive: the same sources then make the same layers.
variable "SOURCE_DATE_EPOCH" { default = "0" }
variable "DEBIAN_SNAPSHOT" { default = "" }

group "default" {
  targets = ["image"]
}

target "base" {
  name       = "base-${service}"
  matrix     = { service = ["gateway", "inference", "conversation", "tts", "telegram", "operator", "cli"] }
  context    = "."
  dockerfile = "gpu-images/base.Dockerfile"
  args       = { SERVICE = service, NODE_IMAGE = NODE_IMAGE, SOURCE_DATE_EPOCH = SOURCE_DATE_EPOCH }
}

target "image" {
  name       = image
  matrix     = { image = ["gateway", "inference-cpu", "conversation", "tts", "telegram", "operator", "cli"] }
  context    = "."
  dockerfile = "gpu-images/${image}.Dockerfile"
  contexts   = { parlance-base = "target:base-${replace(image, "-cpu", "")}" }
  args       = { DEBIAN_SNAPSHOT = DEBIAN_SNAPSHOT, SOURCE_DATE_EPOCH = SOURCE_DATE_EPOCH }
  tags       = ["${REPOSITORY}/${image}:${TAG}"]
  attest     = ["type=sbom", "type=provenance,mode=max"]
}

target "inference-cuda" {
  context    = "."
  dockerfile = "gpu-images/inference-cuda.Dockerfile"
  contexts   = { parlance-base = "target:base-inference" }
  platforms  = ["linux/amd64"]
  args       = { CUDA_IMAGE = CUDA_IMAGE, SOURCE_DATE_EPOCH = SOURCE_DATE_EPOCH }
  tags       = ["${REPOSITORY}/inference-cuda:${TAG}"]
  attest     = ["type=sbom", "type=provenance,mode=max"]
}
