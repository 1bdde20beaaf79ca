# What a newcomer needs is `make test` and `make demo ARGS="--for 60s"`; `make` alone lists the rest.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

GO      ?= go
KUBECTL ?= kubectl
IMG     ?= capability-operator:dev

# The scripts print the folder of the programs that they make, and make them only once (~/.cache/capability-operator).
controlplane = hack/controlplane/build
tools        = hack/tools/build

.PHONY: help
help: ## List the targets
	@awk 'BEGIN {FS = ":.*## "; print "Targets:"} \
	  /^##@ / {printf "\n%s\n", substr($$0, 5)} \
	  /^[a-z0-9-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

##@ Try it

.PHONY: demo
demo: build ## Run the operator against a control plane of its own and watch it renew; ARGS="--for 60s" ends by itself
	@assets="$$($(controlplane))" && KUBEBUILDER_ASSETS="$$assets" exec bin/demo $(ARGS)

##@ Develop

.PHONY: build
build: ## Build all programs of cmd into bin
	@CGO_ENABLED=0 $(GO) build -trimpath -ldflags "-s -w" -o bin/ ./cmd/...

.PHONY: generate
generate: ## Write the deep copies in api/, the CRDs in config/crd/bases, and what the chart has of config
	@tools="$$($(tools) controller-gen)" && rm -f config/crd/bases/*.yaml && \
	  "$$tools/controller-gen" object:headerFile=hack/boilerplate.go.txt paths=./api/... && \
	  "$$tools/controller-gen" crd paths=./api/v1alpha1 output:crd:dir=config/crd/bases
	@hack/helm/derive

.PHONY: test
test: ## Run all tests with the race detector and a real control plane, and the long simulation without
	@export KUBEBUILDER_ASSETS ISSUANCE_SEED="$${ISSUANCE_SEED:-1}"; KUBEBUILDER_ASSETS="$$($(controlplane))"; \
	  $(GO) test -count=1 -run=TestTheSecretNeverHolds ./issuance && \
	  $(GO) test -race -count=1 -timeout=20m ./...

.PHONY: test-unit
test-unit: ## Run the tests of those packages that need no control plane
	@$(GO) list -f '{{.ImportPath}} {{join .Imports " "}} {{join .TestImports " "}} {{join .XTestImports " "}}' ./... | \
	  awk '!/\/test\/controlplane/ {print $$1}' | xargs $(GO) test

.PHONY: test-faults
test-faults: ## Break everything around the real manager, for three minutes
	@assets="$$($(controlplane))" && KUBEBUILDER_ASSETS="$$assets" $(GO) test -race -tags=faults -count=1 -timeout=20m ./test/faults

.PHONY: test-e2e
test-e2e: ## Test on the cluster that KUBECONFIG names, which takes twelve minutes; test/e2e/doc.go says how
	@KUBECTL="$(KUBECTL)" $(GO) test -tags=e2e -count=1 -v -timeout=30m -parallel=8 ./test/e2e

.PHONY: test-softphone
test-softphone: ## Test examples/softphone in Chromium with Twilio's own SDK, in five minutes; installs Chromium where it can
	@examples/softphone/test/run

.PHONY: bench
bench: build ## Measure what the operator costs, beside a bare client; ARGS="--sections saturation" takes a part
	@CGO_ENABLED=0 $(GO) build -trimpath -o bin/bench-renewals ./hack/bench/renewals
	@assets="$$($(controlplane))" && KUBEBUILDER_ASSETS="$$assets" exec bin/bench-renewals $(ARGS)

.PHONY: bench-guard
bench-guard: ARGS = --sections cost,saturation,restart,unrelated --rounds 1 --window 8s --restarted 1000 --unrelated 300 --settling 10s
bench-guard: bench ## Fail where a count that bench takes is off, in three minutes; times and ratios are printed alone

.PHONY: bench-profile
bench-profile: ## Have the manager profile itself at its fastest, into bin/profiles
	@mkdir -p bin/profiles
	@CGO_ENABLED=0 $(GO) build -trimpath -tags pprof -o bin/manager-pprof ./cmd/manager
	@CGO_ENABLED=0 $(GO) build -trimpath -o bin/bench-renewals ./hack/bench/renewals
	@assets="$$($(controlplane))" && KUBEBUILDER_ASSETS="$$assets" \
	  bin/bench-renewals --manager bin/manager-pprof --profiles bin/profiles --sections saturation --rounds 1 $(ARGS)
	@echo "now: go tool pprof -top bin/manager-pprof bin/profiles/cpu.pprof"

.PHONY: soak
soak: build ## Break everything around two managers and 2,000 objects for an hour; ARGS="--for 5m" is shorter
	@CGO_ENABLED=0 $(GO) build -trimpath -o bin/soak ./hack/soak
	@assets="$$($(controlplane))" && KUBEBUILDER_ASSETS="$$assets" exec bin/soak $(ARGS)

.PHONY: bench-ondemand
bench-ondemand: build ## Measure tokens on demand under load, beside requests that do nothing; ARGS="--connections 1"
	@CGO_ENABLED=0 $(GO) build -trimpath -o bin/bench-ondemand ./hack/bench/ondemand
	@assets="$$($(controlplane))" && KUBEBUILDER_ASSETS="$$assets" exec bin/bench-ondemand $(ARGS)

.PHONY: fuzz
fuzz: ## Run each fuzz target on FUZZTIME inputs (100000x)
	@FUZZTIME="$(FUZZTIME)" hack/fuzz

.PHONY: lint
lint: ## Run golangci-lint and the checks of what it can't see
	@tools="$$($(tools) golangci-lint)" && "$$tools/golangci-lint" run ./...
	@hack/check-sources
	@tools="$$(hack/release/build actionlint)" && "$$tools/actionlint"

.PHONY: verify
verify: ## Check that generated files, go.mod, go.sum and formatting are up to date
	@hack/verify

.PHONY: clean
clean: ## Remove what was built here; the cached programs stay
	@rm -rf bin dist

##@ Release

.PHONY: dist
dist: ## Make all that is released, in dist; IMG names the image, VERSION is git's unless it is given
	@VERSION="$(VERSION)" IMG="$(filter-out capability-operator:dev,$(IMG))" hack/release/dist

.PHONY: dist-guard
dist-guard: ## Make a release twice, in two folders, and compare the bytes
	@hack/release/twice

##@ Install into a cluster

.PHONY: docker-build
docker-build: ## Build the manager's image, IMG (capability-operator:dev)
	docker build -t "$(IMG)" .

.PHONY: install
install: ## Install the CRDs with KUBECTL (kubectl)
	$(KUBECTL) apply -k config/crd

.PHONY: uninstall
uninstall: ## Remove the CRDs, and with them every ClientCapability
	$(KUBECTL) delete --ignore-not-found -k config/crd

.PHONY: deploy
deploy: ## Install the CRDs and the operator, with the image IMG
	$(KUBECTL) kustomize config/default | sed 's|image: capability-operator:dev$$|image: $(IMG)|' | $(KUBECTL) apply -f -

.PHONY: undeploy
undeploy: ## Remove the operator and the CRDs
	$(KUBECTL) delete --ignore-not-found -k config/default
