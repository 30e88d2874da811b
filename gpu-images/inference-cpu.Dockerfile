ARG BASE=parlance-base
FROM ${BASE}
# Compiled models and generic ONNX models are mounted here, read-only.
ENV PARLANCE_GRPC_HOST=0.0.0.0 PARLANCE_OPS_HOST=0.0.0.0 \
    PARLANCE_MODEL_CACHE=/models/compiled PARLANCE_MODELS=/models/checkpoints
EXPOSE 50061 9090
CMD ["apps/inference/dist/main.js"]
