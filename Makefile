# `make` lists what there is. Everything runs from .venv, which `make setup` builds.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# Where setup puts uv on a machine that has none.
export PATH := $(PATH):$(CURDIR)/.twin/tools/uv/bin
BIN := .venv/bin
# Of `make soak`, at the same time.
PROCESSES ?= $(shell getconf _NPROCESSORS_ONLN)

.PHONY: help setup demo up down status test test-compose test-integration test-beside \
	test-long test-servers test-terraform test-thorough test-twin test-unit soak check fmt \
	package package-mwaa deploy rollback schemas failures oddities options-page benchmark \
	benchmark-extract benchmark-collage clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## install what this machine lacks; instant when nothing is missing
	@local/setup.sh

demo: setup ## run the main job end to end on this machine and show what comes of it
	@$(BIN)/python -m local demo

up: setup ## start the twin (Airflow, AWS, MySQL, cover server) and print its addresses
	@$(BIN)/python -m local up

down: ## stop the twin; its data stays
	@if [ -x $(BIN)/python ]; then $(BIN)/python -m local down; fi

status: ## print the state of the twin's processes
	@$(BIN)/python -m local status

test: setup check test-unit ## run all that CI runs: checks, unit, DAG, integration and Terraform tests
	@local/mysql_server.sh
	@$(MAKE) --jobs 2 test-twin test-beside

# Tests on the twin mostly wait: these have the processors meanwhile, when nobody else wants them.
test-beside:
	@mkdir -p .twin
	@for target in test-servers test-thorough test-terraform; do \
		echo "==> $$target runs beside the tests on the twin, and writes .twin/$$target.log"; \
		nice -n 19 $(MAKE) $$target > .twin/$$target.log 2>&1 || { cat .twin/$$target.log; exit 1; }; \
		echo "==> $$target: $$(grep -o 'nothing of Terraform.*' .twin/$$target.log || tail -n 1 .twin/$$target.log)"; \
	done

test-integration: test-servers test-twin ## run the tests that need servers

test-servers: setup ## run those that start servers of their own
	@local/mysql_server.sh
	$(BIN)/pytest -m "not twin and not long" tests/integration

test-twin: setup ## run those on a running twin
	@local/mysql_server.sh
	$(BIN)/pytest -m "twin and not long" tests/integration

test-thorough: setup ## run the slower tests that need no server
	$(BIN)/pytest -n 3 -m thorough tests/unit tests/dags tests/simulation

test-compose: setup ## run the stack in containers, with a Docker engine of its own: Debian 12, root
	@local/mysql_server.sh
	$(BIN)/pytest --durations=0 tests/compose

test-terraform: setup ## apply terraform/ against the embedded AWS; TF_PLUGIN_MIRROR=folder of Terraform's providers
	$(BIN)/pytest --durations=0 tests/terraform

test-long: setup ## run what takes minutes of a real Airflow each: stopping a run and going on, questions, a backfill of a year
	$(BIN)/pytest --durations=0 -m long tests/integration

test-unit: setup ## run the quick tests, which need no server
	$(BIN)/pytest -n 3 --dist loadgroup -m "not thorough" tests/unit tests/dags tests/golden tests/oddities tests/simulation

soak: setup ## run what takes hours: a million schedules of the simulation, 20,000 with collages, and servers killed at random
	$(BIN)/pytest --durations=0 tests/soak
	$(BIN)/python -m tests.simulation --processes $(PROCESSES) --seeds 0-999999
	$(BIN)/python -m tests.simulation --processes $(PROCESSES) --seeds 0-19999 --product collages

check: setup ## lint, format, types, import boundaries, the lock file, shell scripts
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	PYTHONPATH=plugins $(BIN)/lint-imports
	uv lock --check
	@if [ -x $(BIN)/shellcheck ]; then \
		echo shellcheck; $(BIN)/shellcheck .ci/run $$(find . -path './.?*' -prune -o -name '*.sh' -print); \
	else echo 'shellcheck: there is none for this machine'; fi

fmt: setup ## format the code and fix what the linter can
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

oddities: setup ## ask a real browser how the odd pictures of tests/oddities look, and record it
	@tests/oddities/chromium.sh
	$(BIN)/python -m tests.oddities --record

package: setup ## build the Lambda zip into dist/
	$(BIN)/python -m deploy.lambda_zip

deploy: setup ## make this checkout what works in ENV=staging; PLAN=1: show what it would do
	@scripts/deploy.sh '$(ENV)' $(if $(PLAN),--plan)

rollback: setup ## let VERSION=12 of the function work again in ENV=staging; PLAN=1: only ask it
	@scripts/rollback.sh '$(ENV)' '$(VERSION)' $(if $(PLAN),--plan)

package-mwaa: setup ## write what MWAA takes into dist/mwaa/; SETTINGS=file.env: with these settings
	$(BIN)/python -m deploy.mwaa $(if $(SETTINGS),--settings '$(SETTINGS)')

schemas: setup ## write the JSON Schemas of all documents into docs/schemas/
	$(BIN)/python -m collage_core.contract docs/schemas

failures: setup ## write docs/failures.md from what the tests declare
	$(BIN)/python -m tests.support.failures

options-page: setup ## draw the pictures of docs/options.md again: look at them afterwards
	$(BIN)/python -m local.options_page docs/images/options

benchmark: benchmark-extract benchmark-collage ## measure rows and collages per second, beside peers

benchmark-extract: setup ## measure the extract task: 20 minutes, several GB of memory and disk
	@uv sync --quiet --frozen --all-extras --group benchmarks
	$(BIN)/python -m benchmarks.extract --growth --plot dist/extract-benchmark.png

benchmark-collage: setup ## measure the way from cover URLs to collages; OPTIONS=--quick: two minutes
	@uv sync --quiet --frozen --all-extras --group benchmarks
	@benchmarks/collage/peers.sh
	$(BIN)/python -m benchmarks.collage $(OPTIONS)

clean: down ## remove the twins' data and tools, and what was built
	@TWIN_DIR=.twin/test $(MAKE) down
	rm -rf .twin dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
