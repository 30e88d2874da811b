ARG BASE=parlance-base
FROM ${BASE}
# A day of Debian's archive (20261101T000000Z) makes the same image at any time; empty: as it is today.
ARG DEBIAN_SNAPSHOT=
USER 0
# ffmpeg reads every format but WAV; the letters of pictures (PNG) need a font.
RUN if [ -n "${DEBIAN_SNAPSHOT}" ]; then \
      sed -i "s|URIs: http://deb.debian.org/|URIs: http://snapshot.debian.org/archive/|; s|/debian$|/debian/${DEBIAN_SNAPSHOT}|; s|/debian-security$|/debian-security/${DEBIAN_SNAPSHOT}|" \
        /etc/apt/sources.list.d/debian.sources; \
    fi \
 && apt-get -o Acquire::Check-Valid-Until=false update && apt-get install -y --no-install-recommends ffmpeg fonts-dejavu-core \
 && rm -rf /var/lib/apt/lists/* /var/log/* /var/cache/*
USER 10001:10001
ENV PARLANCE_HTTP_HOST=0.0.0.0 PARLANCE_GRPC_HOST=0.0.0.0 PARLANCE_OPS_HOST=0.0.0.0
EXPOSE 8080 50051 9090
CMD ["apps/gateway/dist/main.js"]
