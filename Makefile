# Two commands are enough: `make demo` and `make test`. Both set themselves up the first time.
# `make setup` alone installs; `make lint`, `make bench` and `make benchmark` are for developers; `make help` lists all.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup demo test lint format bench verdicts benchmark clean

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

# The first Python that is new enough; PYTHON=/path/to/python make setup takes another.
CANDIDATES := python3 python3.13 python3.12 python3.11 python3.14 python
PYTHON ?= $(shell for python in $(CANDIDATES); do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && { echo $$python; break; }; done)

# torch comes first and alone, as its CPU build: a plain install would bring gigabytes of GPU libraries unasked.
TORCH := torch==2.13.0
TORCH_CPU_INDEX := https://download.pytorch.org/whl/cpu
PIP := $(BIN)/python -m pip --disable-pip-version-check

# Corpora for tests and training, when they lie beside the repository. POPULACE_DATA=/elsewhere wins.
ifneq ($(wildcard ../shared/data),)
export POPULACE_DATA ?= $(abspath ../shared/data)
endif

help:  ## list the commands
	@grep -hE '^[a-z]+:.*##' Makefile | sed -E 's/^([a-z]+):.*## */  make \1\t/' | expand -t 16

setup: $(READY)  ## create the virtual environment and install (once)

$(READY): pyproject.toml
	@test -n "$(PYTHON)" || { echo "error: no Python 3.11 or newer found; install one, or name it: make setup PYTHON=/path/to/python" >&2; exit 1; }
	@test -x $(BIN)/python || { echo "creating $(VENV) with $(PYTHON)"; "$(PYTHON)" -m venv $(VENV); }
	@$(BIN)/python -c 'import importlib.metadata as m, sys; sys.exit(m.version("torch").split("+")[0] != "2.13.0")' 2>/dev/null \
		|| { echo "installing $(TORCH), CPU build"; $(PIP) install --quiet "$(TORCH)+cpu" 2>/dev/null; } \
		|| { echo "  ... from $(TORCH_CPU_INDEX)"; $(PIP) install --quiet "$(TORCH)+cpu" --extra-index-url $(TORCH_CPU_INDEX) 2>/dev/null; } \
		|| { echo "  ... no CPU build here: installing plain $(TORCH). On Linux this brings GPU libraries of several gigabytes."; \
		     $(PIP) install --quiet "$(TORCH)"; }
	@echo "installing populace and what it needs"
	@$(BIN)/python -c 'import setuptools, sys; sys.exit(int(setuptools.__version__.split(".")[0]) < 77)' 2>/dev/null \
		|| $(PIP) install --quiet "setuptools>=77"
	@$(PIP) install --quiet --no-build-isolation --editable '.[dev]'
	@touch $(READY)

demo: $(READY)  ## a questionnaire, a synthetic panel, people, and a report that compares them
	@$(BIN)/populace demo

# One thread each: two test processes on two cores, and no fight over them; a file stays in one process, with its fixtures.
test: $(READY)  ## run all tests
	@test -n "$${POPULACE_DATA:-}" || echo "note: no corpora (POPULACE_DATA is not set): tests that need them are skipped and say so" >&2
	@OMP_NUM_THREADS=1 POLARS_MAX_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -q

lint: $(READY)  ## check style and likely bugs
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

format: $(READY)  ## put the code into the one format
	@$(BIN)/ruff check --fix --quiet .
	@$(BIN)/ruff format .

bench: $(READY)  ## measure speed and memory (not part of the tests)
	@$(BIN)/python benchmarks/run.py

verdicts: $(READY)  ## judge data of others (LLM twins, model runs) and write docs/verdicts.md; needs the corpora
	@$(BIN)/python benchmarks/verdicts.py --out docs/verdicts.md

benchmark: $(READY)  ## hold the model against people and write docs/benchmark.md (hours; goes on where it was stopped)
	@$(BIN)/populace benchmark --out docs/benchmark.md

clean:  ## remove what commands have made here, the environment excepted
	@rm -rf build dist out demo-report .pytest_cache .ruff_cache .hypothesis src/*.egg-info
