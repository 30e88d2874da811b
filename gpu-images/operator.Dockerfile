ARG BASE=parlance-base
FROM ${BASE}
ENV PARLANCE_OPS_HOST=0.0.0.0
EXPOSE 9090
CMD ["apps/operator/dist/main.js"]
