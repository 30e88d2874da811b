# Inference on NVIDIA GPUs, amd64: ONNX Runtime's CUDA provider beside the binding, and the libraries of CUDA 12 and cuDNN 9 that it loads.
# The node brings the driver (nvidia's container runtime).
ARG BASE=parlance-base
ARG CUDA_IMAGE=nvidia/cuda:12.9.1-cudnn-runtime-ubuntu24.04

FROM ${BASE} AS packages
USER 0
# The package's own installer fetches the provider of its own version from NuGet: too large for npm.
RUN ONNXRUNTIME_NODE_INSTALL=cuda12 node node_modules/onnxruntime-node/script/install.js \
 && rm -f node_modules/onnxruntime-node/bin/*/linux/x64/libonnxruntime_providers_tensorrt.so
USER 10001:10001

FROM ${CUDA_IMAGE}
COPY --from=packages /usr/local/bin/node /usr/local/bin/node
WORKDIR /opt/parlance
COPY --from=packages /opt/parlance .
ENV NODE_ENV=production PARLANCE_OPS_PORT=9090 MALLOC_ARENA_MAX=1 MALLOC_MMAP_THRESHOLD_=33554432 MALLOC_TRIM_THRESHOLD_=67108864
ENV NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility
# Compiled models (in f16) and generic ONNX models are mounted here, read-only.
ENV PARLANCE_GRPC_HOST=0.0.0.0 PARLANCE_OPS_HOST=0.0.0.0 PARLANCE_EXECUTION_PROVIDER=cuda PARLANCE_PRECISION=f16 \
    PARLANCE_MODEL_CACHE=/models/compiled PARLANCE_MODELS=/models/checkpoints
# The trained models of scores, where the repository has them: without them assessments have no scores.
COPY training/scores/README.md training/scores/model[s] /opt/parlance/training/scores/models/
# The trained model of sign letters.
COPY training/signs/models /opt/parlance/training/signs/models/
EXPOSE 50061 9090
USER 10001:10001
ENTRYPOINT ["node", "--max-semi-space-size=4"]
CMD ["apps/inference/dist/main.js"]
