ARG BASE=parlance-base
FROM ${BASE}
# A day of Debian's archive (20261101T000000Z) makes the same image at any time; empty: as it is today.
ARG DEBIAN_SNAPSHOT=
USER 0
# Phonemes and the voice of last resort, and what turns sound into the formats asked for.
RUN if [ -n "${DEBIAN_SNAPSHOT}" ]; then \
      sed -i "s|URIs: http://deb.debian.org/|URIs: http://snapshot.debian.org/archive/|; s|/debian$|/debian/${DEBIAN_SNAPSHOT}|; s|/debian-security$|/debian-security/${DEBIAN_SNAPSHOT}|" \
        /etc/apt/sources.list.d/debian.sources; \
    fi \
 && apt-get -o Acquire::Check-Valid-Until=false update && apt-get install -y --no-install-recommends espeak-ng ffmpeg \
 && rm -rf /var/lib/apt/lists/* /var/log/* /var/cache/*
USER 10001:10001
# As tools/dev/src/pod-memory.ts has it for this service.
ENV MALLOC_MMAP_THRESHOLD_=1048576 MALLOC_TRIM_THRESHOLD_=1048576
# Voices (piper-*, kokoro-82m) are mounted here, read-only.
ENV PARLANCE_GRPC_HOST=0.0.0.0 PARLANCE_OPS_HOST=0.0.0.0 PARLANCE_MODELS=/models/checkpoints
EXPOSE 50063 9090
CMD ["apps/tts/dist/main.js"]
