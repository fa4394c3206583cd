# Everything runs in .venv, made from requirements.lock with the standard library's venv and pip.
PYTHON ?= python3
ARGS ?=

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
TOO_OLD := needs Python 3.11 or newer as $(PYTHON). Install one, then: make PYTHON=/path/to/python3.12

.DEFAULT_GOAL := help
.PHONY: help serve test lint bench report notebooks clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' Makefile

serve: $(STAMP) ## start the dashboard (pages, REST, docs) and print its address
	@exec $(BIN)/python -m app.server $(ARGS)

test: $(STAMP) ## run all tests and every notebook; ARGS="-k bus" picks some
	@$(BIN)/python -m pytest --nbval-lax --nbval-current-env --nbval-cell-timeout=110 tests $(wildcard notebooks) $(ARGS)

lint: $(STAMP) ## check the code with ruff
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

bench: $(STAMP) ## run every benchmark and print ratios against the raw libraries
	@for script in benchmarks/*_*.py; do echo "== $$script"; $(BIN)/python -m "benchmarks.$$(basename $$script .py)" $(ARGS) || exit 1; done

report: $(STAMP) ## write the static report as one HTML file
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
