# The command line, for jobs that fetch and compile models: `models download whisper-base …`.
ARG BASE=parlance-base
FROM ${BASE}
USER 0
# A volume that is made here belongs to who runs.
RUN mkdir -p /models && chown 10001:10001 /models
USER 10001:10001
ENV PARLANCE_MODEL_CACHE=/models/compiled PARLANCE_MODELS=/models/checkpoints PARLANCE_CACHE=/tmp/parlance HOME=/tmp
VOLUME /models
CMD ["apps/cli/dist/main.js", "--help"]
