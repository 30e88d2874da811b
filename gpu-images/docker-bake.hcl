// docker buildx bake -f gpu-images/docker-bake.hcl
variable "TAG" { default = "dev" }
variable "REPOSITORY" { default = "parlance" }

group "default" {
  targets = ["image"]
}

target "base" {
  name       = "base-${service}"
  matrix     = { service = ["gateway", "inference", "conversation", "tts", "telegram", "cli"] }
  context    = "."
  dockerfile = "gpu-images/base.Dockerfile"
  args       = { SERVICE = service }
}

target "image" {
  name       = image
  matrix     = { image = ["gateway", "inference-cpu", "conversation", "tts", "telegram", "cli"] }
  context    = "."
  dockerfile = "gpu-images/${image}.Dockerfile"
  contexts   = { parlance-base = "target:base-${replace(image, "-cpu", "")}" }
  tags       = ["${REPOSITORY}/${image}:${TAG}"]
}
