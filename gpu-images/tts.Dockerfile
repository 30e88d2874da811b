ARG BASE=parlance-base
FROM ${BASE}
USER root
# Phonemes and the voice of last resort, and what turns sound into the formats asked for.
RUN apt-get update && apt-get install -y --no-install-recommends espeak-ng ffmpeg && rm -rf /var/lib/apt/lists/*
USER 10001:10001
# As tools/dev/src/pod-memory.ts has it for this service.
ENV MALLOC_MMAP_THRESHOLD_=1048576 MALLOC_TRIM_THRESHOLD_=1048576
# Voices (piper-*, kokoro-82m) are mounted here, read-only.
ENV PARLANCE_GRPC_HOST=0.0.0.0 PARLANCE_OPS_HOST=0.0.0.0 PARLANCE_MODELS=/models/checkpoints
EXPOSE 50063 9090
CMD ["apps/tts/dist/main.js"]
