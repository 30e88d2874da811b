# The commands a person needs. Each does its own set-up and says what is missing.
#   make up            start everything, play a sample turn, stay up (Ctrl-C stops)
#   make up DETACH=1   the same, then return and leave it running
#   make up TLS=1      the same by TLS, with a local authority; says where its certificate lies
#   make down          stop what `make up` started
#   make observe       the platform in the background, and Collector, Jaeger, Prometheus and Alertmanager beside it
#   make test          types, lint, dependency rules and every test but the next ones
#   make test-k8s      charts and operator on a real Kubernetes control plane (the first time it is compiled: 8 to 12 minutes)
#   make train         train the scores' models anew from ../shared/data
SHELL := /bin/bash
.DEFAULT_GOAL := help
NODE := node_modules/.bin/node

.PHONY: help setup up observe down test test-k8s goldens bench train doctor

help:
	@sed -n 's/^#  //p' Makefile

setup:
	@bash tools/dev/setup.sh

up: setup
	@case '$(TLS)' in ''|0|false) ;; *) \
	  ca=$$($(NODE) dist/tools/dev/src/make-certificates.js) && export NODE_EXTRA_CA_CERTS=$$ca || exit 1;; esac; \
	DETACH=$(DETACH) TLS=$(TLS) $(NODE) dist/tools/dev/src/up.js

# The services read where their spans go when they start: the collector comes first.
observe: setup
	@bash tools/dev/observe.sh
	@$(NODE) dist/tools/dev/src/observe.js
	@OTEL_EXPORTER_OTLP_ENDPOINT=$${OTEL_EXPORTER_OTLP_ENDPOINT:-http://127.0.0.1:$${PARLANCE_OTLP_PORT:-4318}} \
	  DETACH=1 $(NODE) dist/tools/dev/src/up.js

down:
	@if [ -x $(NODE) ] && [ -f dist/tools/dev/src/down.js ]; then $(NODE) dist/tools/dev/src/down.js; else echo 'Nothing was started from this folder.'; fi

test:
	@PARLANCE_SETUP_MODELS=tests bash tools/dev/setup.sh
	@bash tools/dev/test.sh

test-k8s:
	@PARLANCE_SETUP_MODELS=tests bash tools/dev/setup.sh
	@bash tools/kube/setup.sh
	@npm run --silent test:k8s

goldens:
	@bash tools/dev/goldens.sh

bench: setup
	@npm run --silent bench:all

train:
	@npm run --silent train

doctor: setup
	@apps/cli/bin/parlance.js doctor
