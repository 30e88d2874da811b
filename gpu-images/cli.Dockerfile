ARG BASE=parlance-base
FROM ${BASE}
# The command `parlance`; the chart's Job fetches and compiles models with it.
# Models are written here, on the volume that services mount read-only.
ENV PARLANCE_MODELS=/models/checkpoints PARLANCE_MODEL_CACHE=/models/compiled PARLANCE_CACHE=/tmp/parlance
CMD ["apps/cli/dist/main.js", "--help"]
