# Everything a newcomer, an author and CI run. `make` alone lists it.
SHELL       := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
GOVULNCHECK := golang.org/x/vuln/cmd/govulncheck@v1.1.4
EXAMPLES    := kafka-connect-file kafka-connect-mongodb

# DEMO_FLAGS are handed to the demo: DEMO_FLAGS=--json, for one.
DEMO_FLAGS ?=
# KAFKA_VERSIONS are the releases `make acceptance` runs.
KAFKA_VERSIONS ?= 3.9.2 4.3.1

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: ## a whole life of the file charm on embedded parts, as a timeline
	@./scripts/need-go
	@./scripts/compile build/demo/demo ./cmd/demo
	@build/demo/demo $(DEMO_FLAGS)

.PHONY: test
test: ## all tests that need Go only
	@./scripts/need-go
	go test -timeout 20m ./...

.PHONY: crash
crash: ## kill, fail and mislead the charm at every single effect (make test plays a part of it)
	@./scripts/need-go
	CRASH=all go test -count=1 -v -timeout 60m -run '^TestCrash$$' ./charm

.PHONY: check
check: fmt-check vet staticcheck tidy-check race vuln ## formatting, vet, staticcheck, go.mod, races, known vulnerabilities

.PHONY: fmt-check vet staticcheck tidy-check race vuln
fmt-check:
	@files=$$(gofmt -l . ); if [ -n "$$files" ]; then echo "not formatted by gofmt:"; echo "$$files"; exit 1; fi
vet:
	go vet ./...
	cd acceptance && go vet ./...
	cd acceptance/kubernetes && go vet ./...
staticcheck:
	go run $(STATICCHECK) ./...
tidy-check:
	go mod tidy -diff
	cd acceptance && go mod tidy -diff
	cd acceptance/kubernetes && go mod tidy -diff
race:
	go test -race -timeout 30m ./...
# The database is asked first: where it cannot be reached nothing was checked, and that is said.
vuln:
	@if go run $(GOVULNCHECK) ./... ; then :; else code=$$?; \
	  if ! ./scripts/reachable vuln.go.dev 443; then echo "govulncheck did NOT run: its database cannot be reached from here"; \
	  else exit $$code; fi; fi

.PHONY: acceptance acceptance-kubernetes acceptance-juju acceptance-kafka
acceptance: acceptance-kubernetes acceptance-juju acceptance-kafka ## the same code against real parts: Kubernetes, Juju's agent, Kafka, Connect
# The time limits leave room for the first build, which is part of these tests.
acceptance-kubernetes: ## helpers/kube and its fake against a real kube-apiserver; brokers and workers as pods (root, Java 17, Maven)
	@./scripts/need-go
	cd acceptance/kubernetes && go test -count=1 -v -timeout 60m .
	cd acceptance/kubernetes && KAFKA_VERSIONS="$(KAFKA_VERSIONS)" go test -count=1 -v -timeout 30m ./pods
acceptance-juju: ## the file charm under Juju 3.6's own unit agent
	@./scripts/need-go
	@echo "compiling Juju's unit agent, the first time takes about five minutes"
	cd acceptance/juju && go test -count=1 -v -timeout 60m ./...
acceptance-kafka: ## the file charm with real brokers and real Connect workers (needs Java 17 and Maven)
	@./scripts/need-go
	cd acceptance && KAFKA_VERSIONS="$(KAFKA_VERSIONS)" go test -p 1 -count=1 -v -timeout 40m ./...

.PHONY: charm
charm: kcb ## pack the example charms: build/NAME_ARCH.charm
	@for e in $(EXAMPLES); do build/kcb build examples/$$e --out build; done

.PHONY: kcb
kcb: ## the command kcb, static: build/kcb, manual pages in build/man
	@./scripts/need-go
	@GOFLAGS=-ldflags=-s ./scripts/compile build/kcb ./cmd/kcb
	@build/kcb man build/man

.PHONY: connectors
connectors: ## the command connectors, static: build/connectors, manual pages in build/man
	@./scripts/need-go
	@GOFLAGS=-ldflags=-s ./scripts/compile build/connectors ./cmd/connectors
	@build/connectors man build/man
	@echo "build/connectors is there; build/connectors --help says what it does"

.PHONY: bench
bench: ## one steady update-status of the file charm, and the engine's benchmarks
	@./scripts/need-go
	@./scripts/compile build/demo/demo ./cmd/demo
	@build/demo/demo --bench
	go test -run '^$$' -bench . -benchtime 20x ./reactive

.PHONY: clean
clean: ## remove what was built here
	rm -rf build
