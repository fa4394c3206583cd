# Everything runs in .venv, made from requirements.lock with the standard library's venv and pip.
PYTHON ?= python3
ARGS ?=

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
IB_ASYNC := $(VENV)/ib-async
TOO_OLD := needs Python 3.11 or newer as $(PYTHON). Install one, then: make PYTHON=/path/to/python3.12

.DEFAULT_GOAL := help
.PHONY: help serve test test-ib-async fuzz lint bench report notebooks clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-13s %s\n", $$1, $$2 }' Makefile

serve: $(STAMP) ## start the dashboard (pages, REST, docs) and print its address
	@exec $(BIN)/python -m app.server $(ARGS)

test: $(STAMP) ## run all tests and every notebook; ARGS="-k bus" picks some
	@$(BIN)/python -m pytest --nbval-lax --nbval-current-env --nbval-cell-timeout=110 tests $(wildcard notebooks) $(ARGS)

test-ib-async: $(IB_ASYNC)/.installed ## run the tests of Interactive Brokers with ib_async instead of ib_insync
	@$(IB_ASYNC)/bin/python -m pytest tests/sources/ib tests/sources/test_interactive_brokers.py $(ARGS)

fuzz: $(STAMP) ## ask REST whatever its description lets through, and what not, for long; ARGS="--examples 100"
	@$(BIN)/python -m tests.schema_run $(ARGS)

lint: $(STAMP) ## check the code with ruff
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

bench: $(STAMP) ## run every benchmark and print ratios against the raw libraries
	@for script in benchmarks/*_*.py; do echo "== $$script"; $(BIN)/python -m "benchmarks.$$(basename $$script .py)" $(ARGS) || exit 1; done

report: $(STAMP) ## write the static reports, each as one HTML file
	@$(BIN)/python -m app.reports $(ARGS)

notebooks: $(STAMP) ## open the notebooks in JupyterLab
	@exec $(BIN)/python -m jupyterlab --notebook-dir=notebooks $(ARGS)

clean: ## remove .venv, caches and reports; the data folder stays
	rm -rf $(VENV) build reports .pytest_cache .ruff_cache *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(TOO_OLD)" >&2; exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV)
	@echo "Installing into $(VENV): some minutes the first time"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# An environment of its own: the two libraries can't share one.
$(IB_ASYNC)/.installed: requirements-ib-async.lock $(STAMP)
	@$(BIN)/python -m venv --clear $(IB_ASYNC)
	@echo "Installing into $(IB_ASYNC): some minutes the first time"
	@$(IB_ASYNC)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-ib-async.lock
	@touch $@
