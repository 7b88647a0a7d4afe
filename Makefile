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
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: ## a whole life of the file charm as a timeline, on embedded parts; REAL=1: on real ones
	@./scripts/need-go
ifdef REAL
	@cd acceptance && go build -o ../build/acceptance/life ./life
	@build/acceptance/life -kafka $(lastword $(KAFKA_VERSIONS))
else
	@./scripts/compile build/demo/demo ./cmd/demo
	@build/demo/demo $(DEMO_FLAGS)
endif

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
# Modules that only tests use have this module's dependencies too.
tidy-check:
	@for mod in $$(git ls-files go.mod 'acceptance/*go.mod'); do \
	  echo "go mod tidy -diff in $$(dirname $$mod)"; (cd $$(dirname $$mod) && go mod tidy -diff) || exit 1; done
race:
	go test -race -timeout 30m ./...
# The database is asked first: where it cannot be reached nothing was checked, and that is said.
vuln:
	@if go run $(GOVULNCHECK) ./... ; then :; else code=$$?; \
	  if ! ./scripts/reachable vuln.go.dev 443; then echo "govulncheck did NOT run: its database cannot be reached from here"; \
	  else exit $$code; fi; fi

# STEP is one stage or one step of the life; STEP=? lists them.
STEP ?=
.PHONY: acceptance
acceptance: ## the same code against real parts: Juju's agent, Kubernetes, Kafka, Connect; STEP=… runs one
	@./scripts/need-go
	@KAFKA_VERSIONS="$(KAFKA_VERSIONS)" ./scripts/acceptance $(if $(STEP),'$(STEP)')

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

# BENCH_CONNECTORS is how many connectors make bench-connectors deploys; with less than 1000 it says little.
BENCH_CONNECTORS ?= 1000
# BENCH_FLAGS are handed to it: BENCH_FLAGS='-linger 5' measures workers as Kafka 4 sets them up by itself.
BENCH_FLAGS ?=
.PHONY: bench-connectors
bench-connectors: ## deploy 1000 connectors by the command and by a script, side by side
	@./scripts/need-go
	@GOFLAGS=-ldflags=-s ./scripts/compile build/connectors ./cmd/connectors
	@cd acceptance && go build -o ../build/acceptance/benchconnectors ./benchconnectors
	@build/acceptance/benchconnectors -kafka $(lastword $(KAFKA_VERSIONS)) -connectors $(BENCH_CONNECTORS) $(BENCH_FLAGS)

.PHONY: clean
clean: ## remove what was built here
	rm -rf build
