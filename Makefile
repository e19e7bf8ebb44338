# Two commands matter: `make chat` and `make test`. Both set everything up by themselves.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
LINKS := build/links/marketeer
ROOMS := agent prompts tools vectorstore

.DEFAULT_GOAL := help
.PHONY: help chat test check docs lock bench clean

help:  ## Show what there is to run.
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 16

chat: $(READY)  ## Set up, then talk to the agent (the demo shop when nothing is loaded).
	@$(BIN)/marketeer chat

test: $(READY)  ## Set up, then run the tests.
	@$(BIN)/python -m pytest -n 2

check: $(READY) $(LINKS)  ## Lint, types, imports between rooms, and whether generated docs are current.
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo 2>/dev/null || $(BIN)/lint-imports
	@$(BIN)/python docs/generate.py --check

docs: $(READY)  ## Write the generated pages again (docs/cli.md).
	@$(BIN)/python docs/generate.py

lock:  ## Resolve the dependencies again (needs uv).
	uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-annotate --no-header --quiet --output-file requirements.lock $(LOCK_FLAGS)

bench: $(READY)  ## Print the benchmark tables (installs the peers they compare with).
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check ".[bench]"
	@for script in benchmarks/*.py; do echo "== $$script"; $(BIN)/python $$script || exit 1; done

clean:  ## Remove the virtual environment and all caches.
	rm -rf $(VENV) build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

$(READY): pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Marketeer needs Python 3.11 or newer; set PYTHON=/path/to/python3.11"; exit 1; }
	@echo "Setting up $(VENV) (once; a minute or two)" >&2
	@$(PYTHON) -m venv $(VENV)
	@if command -v uv >/dev/null 2>&1; then \
		uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock && \
		uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e . ; \
	else \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock && \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e . ; \
	fi
	@touch $(READY)

# mypy cannot follow an editable install's import hook, so it is given the same packages as links
$(LINKS):
	@mkdir -p $(LINKS)
	@for room in $(ROOMS); do ln -sfn ../../../$$room $(LINKS)/$$room; done
