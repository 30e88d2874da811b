ARG BASE=parlance-base
FROM ${BASE}
# Compiled models and generic ONNX models are mounted here, read-only.
ENV PARLANCE_GRPC_HOST=0.0.0.0 PARLANCE_OPS_HOST=0.0.0.0 \
    PARLANCE_MODEL_CACHE=/models/compiled PARLANCE_MODELS=/models/checkpoints
# The trained models of scores, where the repository has them: without them assessments have no scores.
COPY training/scores/README.md training/scores/model[s] /opt/parlance/training/scores/models/
# The trained model of sign letters.
COPY training/signs/models /opt/parlance/training/signs/models/
EXPOSE 50061 9090
CMD ["apps/inference/dist/main.js"]
