# What every service image shares: Node, the compiled code and the production packages. Built from the repository's root:
#   docker build -f gpu-images/base.Dockerfile -t parlance-base .
FROM node:24-bookworm-slim AS build
WORKDIR /src
ENV ONNXRUNTIME_NODE_INSTALL=skip
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-progress
COPY .swcrc tsconfig.json ./
COPY proto proto
COPY libs libs
COPY apps apps
COPY tools tools
RUN npm run generate && npx swc apps libs tools --out-dir dist --extensions .ts --quiet \
 && find dist -name '*.spec.js*' -delete \
 && npm prune --omit=dev --no-progress

FROM node:24-bookworm-slim
# One arena of freed memory instead of one for every thread, which keeps the tensors of a run for the next (tools/dev/src/pod-memory.ts).
ENV NODE_ENV=production MALLOC_ARENA_MAX=1 MALLOC_MMAP_THRESHOLD_=33554432 MALLOC_TRIM_THRESHOLD_=67108864
WORKDIR /opt/parlance
COPY --from=build /src/package.json package.json
COPY --from=build /src/node_modules node_modules
COPY --from=build /src/proto proto
COPY --from=build /src/dist dist
# A fixed number, so that clusters can tell it is not root.
USER 10001:10001
# A small young generation saves each service tens of megabytes.
ENTRYPOINT ["node", "--max-semi-space-size=4"]
