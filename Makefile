# Everything from a fresh clone: `make run` opens the page, `make test` runs the tests; both set themselves up.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input

export OMP_NUM_THREADS ?= 1

.PHONY: run setup setup-dev test lint format docs bench
.DEFAULT_GOAL := run

run: setup
	$(BIN)/python app.py $(ARGS)

setup: $(VENV)/.installed

setup-dev: $(VENV)/.installed-dev

# A file of tests stays in one process, so that its models and its browser are opened once.
PYTEST := $(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile

test: setup-dev
	@if .ci/browser; then $(PYTEST) $(ARGS); \
	elif [ -n "$$CI" ]; then exit 1; \
	else $(PYTEST) -m "not browser" $(ARGS); fi

lint: setup-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright

format: setup-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: setup
	$(BIN)/python -m workbench docs

bench: setup
	$(BIN)/python -m workbench bench speed $(ARGS)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	{ echo "The workbench needs Python 3.11 or newer; this is $$($(PYTHON) --version 2>&1). Name another one: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
	{ echo "Without the module venv (Debian: python3-venv) virtualenv takes its place."; rm -rf $(VENV); \
	  $(PYTHON) -m pip install --quiet --target .runs/virtualenv virtualenv && \
	  PYTHONPATH=.runs/virtualenv $(PYTHON) -m virtualenv --quiet $(VENV); }

$(VENV)/.installed: requirements.txt | $(BIN)/python
	$(PIP) install --quiet -r requirements.txt
	@touch $@

$(VENV)/.installed-dev: requirements-dev.txt $(VENV)/.installed
	$(PIP) install --quiet -r requirements-dev.txt
	@touch $@
