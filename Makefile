# `make test` is what CI runs; `make demo` needs nothing but Rust, and shows the portal where npm is.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c

# Lightly optimised: the long reports check thousands of drafts.
FAST := cargo run --quiet --profile fast --
# What tests print, for `secrets`.
OUTPUT := $(CURDIR)/target/test-output

.PHONY: help demo web test check libraries fmt tools format lint doc unit sdks clients portal containers secrets bench scenarios adversarial table mutations

help: ## List the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/\1\t\2/p' Makefile | expand -t 14

demo: ## Gateway, portal, embedded servers and simulators in one process, no keys
	scripts/build-portal --if-possible
	cargo run -- demo

web: ## The portal (needs npm): built into web/dist, which the next build of the binary holds
	scripts/build-portal

# Clippy and rustdoc share the dependencies' check artifacts; tests, SDKs, clients and portal the
# debug build. The portal is built first, since each of these builds holds it. What the tests bring
# from npm and PyPI is fetched while the compiler works, and real clients run beside the browser:
# neither keeps two cores busy.
test: ## Everything that CI runs
	$(MAKE) tools
	$(MAKE) web
	$(MAKE) --jobs=2 --output-sync=line check libraries
	$(MAKE) unit
	$(MAKE) sdks
	$(MAKE) --jobs=2 --output-sync=line clients portal
	$(MAKE) containers
	$(MAKE) secrets
	@echo "make test: all passed"

tools: ## Install what the tests need, or say exactly what is missing
	scripts/ensure-tools

check: ## Formatting, lints and documentation, the quick part of `make test`
	$(MAKE) format
	$(MAKE) lint
	$(MAKE) doc

libraries: ## What the tests bring from npm and PyPI
	scripts/node22
	scripts/client-libraries tests/sdk target/sdks
	scripts/client-libraries tests/mcp target/mcp-clients
	scripts/client-libraries tests/conformance target/conformance
	scripts/client-libraries tests/reference target/reference-servers

fmt: ## Format the code
	cargo fmt

format:
	cargo fmt --check

lint:
	cargo clippy --locked --all-targets -- -D warnings

doc:
	RUSTDOCFLAGS=-Dwarnings cargo doc --locked --no-deps

# Tests inside the crate share one process, so that tables and worlds are made once for all of them;
# those through the front door have one each, and a limit of time each.
unit: ## Unit and integration tests, scenarios included, on SQLite and PostgreSQL
	rm -rf $(OUTPUT)/unit && mkdir -p $(OUTPUT)/unit
	cargo test --locked --no-run --lib --bins --tests
	timeout 600 cargo test --locked --lib -- --show-output >$(OUTPUT)/unit/lib.log 2>&1 || \
	    { sed -n '/^failures:/,$$p' $(OUTPUT)/unit/lib.log | grep . || tail -n 100 $(OUTPUT)/unit/lib.log; exit 1; }
	grep '^test result' $(OUTPUT)/unit/lib.log
	if cargo nextest --version >/dev/null 2>&1; then \
	    cargo nextest run --locked --bins --test it $(if $(CI),--profile ci); \
	    cp target/nextest/$(if $(CI),ci,default)/junit.xml $(OUTPUT)/unit; \
	else \
	    cargo test --locked --bins --test it 2>&1 | tee $(OUTPUT)/unit/it.log; \
	fi

sdks: ## The official OpenAI SDKs against the real binary
	rm -rf $(OUTPUT)/sdks && mkdir -p $(OUTPUT)/sdks
	scripts/test-sdks 2>&1 | tee $(OUTPUT)/sdks/run.log
	cp target/sdks/demo.log $(OUTPUT)/sdks

clients: ## Real MCP clients and servers with the real binary: the SDKs, MCP Inspector, the conformance suite, the reference servers
	rm -rf $(OUTPUT)/clients && mkdir -p $(OUTPUT)/clients
	scripts/test-conformance 2>&1 | tee $(OUTPUT)/clients/conformance.log
	scripts/test-mcp-clients 2>&1 | tee $(OUTPUT)/clients/run.log
	cp -r target/mcp-clients/output $(OUTPUT)/clients
	scripts/test-reference-servers 2>&1 | tee $(OUTPUT)/clients/reference-servers.log
	cp -r target/reference-servers/output $(OUTPUT)/clients/reference-servers

portal: ## The portal, by itself and in Chromium before the real binary
	rm -rf $(OUTPUT)/portal && mkdir -p $(OUTPUT)/portal
	GROUNDWIRE_OUTPUT=$(OUTPUT)/portal scripts/test-portal 2>&1 | tee $(OUTPUT)/portal/run.log

containers: ## Lint docker-compose.yml and the Dockerfile
	scripts/lint-containers

secrets: ## Search all that the tests have put out for the keys they used
	scripts/search-secrets $(addprefix $(OUTPUT)/,unit sdks clients portal)

bench: ## Benchmarks
	cargo bench

scenarios: ## All scenarios, with the honest model and with each misbehaviour that they name
	$(FAST) scenario run scenarios --matrix

adversarial: ## 2,000 turns on misbehaving models: what was delivered, and what was stopped
	$(FAST) scenario adversarial --turns 2000

table: ## The table of the README: misbehaving models with and without the harness
	$(FAST) scenario table scenarios

mutations: ## How well the checker tells honest answers from false ones
	$(FAST) mutations
