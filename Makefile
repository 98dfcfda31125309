# One word each, the same here and in continuous integration. `make` lists them.

VENV ?= .venv
BIN := $(VENV)/bin
UV ?= uv
SHARED ?= ../shared
LOCK := $(UV) pip compile pyproject.toml --no-config --universal --python-version 3.11 \
	--generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links --quiet \
	--extra all

.DEFAULT_GOAL := help
.PHONY: help install format lint types arch test contract docs check long record catalog \
	reference lock clean

help: ## list these words
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: ## make .venv with zot itself (editable) and every tool, by the lock
	python3 -m venv $(VENV)
	$(BIN)/pip install -r requirements/dev.txt
	$(BIN)/pip install --no-deps --no-build-isolation -e .

format: ## put the code into shape
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

lint: ## ruff: rules and shape
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: ## mypy, strict
	$(BIN)/mypy

arch: ## who may import whom
	$(BIN)/lint-imports

test: ## all tests, with the short counts of the expensive ones
	$(BIN)/pytest

contract: ## only what every member of a family has to do
	$(BIN)/pytest tests/contract

docs: ## fail where a generated reference page is stale
	$(BIN)/python scripts/build_reference.py --check
	$(BIN)/python scripts/build_models_schema.py --check

check: lint types arch docs test ## lint, types, arch, docs and test: run it before a commit

long: ## the expensive properties in full
	$(BIN)/pytest -m long

reference: ## write the generated reference pages anew
	$(BIN)/python scripts/build_reference.py
	$(BIN)/python scripts/build_models_schema.py

record: ARGS ?= --help
record: ## record one exchange as a fixture: make record ARGS="--base-url URL …"
	$(BIN)/python scripts/record.py $(ARGS)

catalog: ## write the provider rows and models anew, from $ZOT_FACTS and $ZOT_CATALOG
	ZOT_FACTS=$${ZOT_FACTS:-$(SHARED)/facts} ZOT_CATALOG=$${ZOT_CATALOG:-$(SHARED)/catalog} \
		$(BIN)/python scripts/build_catalog.py

lock: ## resolve requirements/*.txt anew from pyproject.toml (needs uv)
	$(LOCK) --group test -o requirements/test.txt
	$(LOCK) --group dev -c requirements/test.txt -o requirements/dev.txt
	$(subst pyproject.toml,requirements/peers.in,$(subst --extra all,,$(LOCK))) -o requirements/peers.txt

clean: ## remove what the tools left behind, but not .venv
	rm -rf build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find src tests scripts -name __pycache__ -prune -exec rm -rf {} +
