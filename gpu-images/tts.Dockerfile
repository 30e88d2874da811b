ARG BASE=parlance-base
FROM ${BASE}
USER root
# The local voice, and what turns its sound into the formats asked for.
RUN apt-get update && apt-get install -y --no-install-recommends espeak-ng ffmpeg && rm -rf /var/lib/apt/lists/*
USER 10001:10001
ENV PARLANCE_GRPC_HOST=0.0.0.0 PARLANCE_OPS_HOST=0.0.0.0
EXPOSE 50063 8083
CMD ["dist/apps/tts/src/main.js"]
