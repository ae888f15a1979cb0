# make run    sets up, then serves the page on 127.0.0.1:7860 (the first time it indexes samples/)
# make setup  only prepares; afterwards .venv/bin/python -m app … works
# make test   sets up and runs all checks and tests
# make check  the checks, and the tests that load no model and start no process and no browser: about 50 seconds
# make clean  removes what make setup and make run made, libraries excepted

PYTHON ?= python3
BIN := .venv/bin
export HF_HUB_OFFLINE ?= 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: run setup test check lint clean
.DEFAULT_GOAL := run

run: .venv/installed
	@$(BIN)/python -m app serve --samples samples

setup: .venv/installed
	@$(BIN)/python -m app models --prepare

test: .venv/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest

check: .venv/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q -m "not slow"

lint: .venv/installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/mypy

# The stamps are newer than the lists once these were installed, so a second run installs nothing.
.venv/installed: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Folioscope needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version). Name another: make run PYTHON=python3.12"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing the packages of requirements.txt into .venv: about 4 GB to fetch, some minutes, only this once."
	@$(BIN)/python -m pip install --progress-bar on -r requirements.txt
	@touch $@

.venv/installed-dev: .venv/installed requirements-dev.txt
	@$(BIN)/python -m pip install --progress-bar on -r requirements-dev.txt
	@touch $@

clean:
	rm -rf .venv data/models .pytest_cache .mypy_cache .ruff_cache
