// docker buildx bake -f gpu-images/docker-bake.hcl
variable "TAG" { default = "dev" }
variable "REPOSITORY" { default = "parlance" }

group "default" {
  targets = ["service"]
}

target "base" {
  context    = "."
  dockerfile = "gpu-images/base.Dockerfile"
}

target "service" {
  name       = image
  matrix     = { image = ["gateway", "inference-cpu", "conversation", "tts"] }
  context    = "."
  dockerfile = "gpu-images/${image}.Dockerfile"
  contexts   = { parlance-base = "target:base" }
  tags       = ["${REPOSITORY}/${image}:${TAG}"]
}
