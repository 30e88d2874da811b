ARG BASE=parlance-base
FROM ${BASE}
USER root
# Reads every format but WAV.
RUN apt-get update && apt-get install -y --no-install-recommends ffmpeg && rm -rf /var/lib/apt/lists/*
USER 10001:10001
ENV PARLANCE_HTTP_HOST=0.0.0.0 PARLANCE_GRPC_HOST=0.0.0.0 PARLANCE_OPS_HOST=0.0.0.0
EXPOSE 8080 50051 9090
CMD ["apps/gateway/dist/main.js"]
