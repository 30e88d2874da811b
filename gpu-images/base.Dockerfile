# What a service's image stands on: Node, the compiled packages and those of npm that the service needs, no other's. Built from the
# repository's root for each service, by docker-bake.hcl or:
#   docker build -f gpu-images/base.Dockerfile --build-arg SERVICE=gateway -t parlance-base .
ARG NODE_IMAGE=node:24.21.0-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /src
ENV ONNXRUNTIME_NODE_INSTALL=skip
COPY package.json package-lock.json .npmrc .swcrc tsconfig.json ./
COPY proto proto
COPY libs libs
COPY apps apps
COPY tools tools
RUN npm ci --no-progress && npm run build

FROM build AS packages
ARG SERVICE
# Of the packages that stay, what is read at run time alone: no types, source maps or binaries of other systems.
RUN npm ci --omit=dev --no-progress --workspace "@parlance/${SERVICE}" \
 && node tools/images/sbom.ts "${SERVICE}" > sbom.cdx.json \
 && node tools/images/prune.ts "${SERVICE}" \
 && rm -rf tools dist proto/baseline.binpb package-lock.json .npmrc .swcrc tsconfig.json

FROM ${NODE_IMAGE}
# One arena of freed memory instead of one for every thread, which keeps the tensors of a run for the next (tools/dev/src/pod-memory.ts).
ENV NODE_ENV=production PARLANCE_OPS_PORT=9090 MALLOC_ARENA_MAX=1 MALLOC_MMAP_THRESHOLD_=33554432 MALLOC_TRIM_THRESHOLD_=67108864
# Nothing installs packages here.
RUN rm -rf /usr/local/lib/node_modules /usr/local/include /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack /opt/yarn-*
WORKDIR /opt/parlance
COPY --from=packages /src .
# A fixed number, so that clusters can tell it is not root.
USER 10001:10001
# A small young generation saves each service tens of megabytes.
ENTRYPOINT ["node", "--max-semi-space-size=4"]
