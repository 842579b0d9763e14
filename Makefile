# Everything a person or CI runs. Each target does its own set-up; `make` alone lists them.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
# A folder of wheels given to pip is good for uv too.
UV_FIND_LINKS ?= $(PIP_FIND_LINKS)
export UV_FIND_LINKS
# Compiled once here, or at every import where PYTHONDONTWRITEBYTECODE is set.
UV_COMPILE_BYTECODE ?= 1
export UV_COMPILE_BYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup run test check bench lock lock-check clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(STAMP) ## make .venv with the locked requirements and this project

run: $(STAMP) ## the whole way: data, teacher, student, benchmark, gate, registry, report
	@$(BIN)/restill run

test: $(STAMP) ## all tests, on CPU, without network
	@$(BIN)/python -m pytest -q

check: $(STAMP) ## format, lint, types, imports
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: $(STAMP) ## speed and memory, each against a named peer in the same run
	@for file in benchmarks/bench_*.py; do $(BIN)/python $$file || exit 1; done

lock: $(STAMP) ## choose the newest versions anew and write requirements.lock
	@echo "torch==2.13.0" > $(VENV)/pins.txt
	@$(call compile,$(VENV)/pins.txt) > $(VENV)/requirements.lock
	@mv $(VENV)/requirements.lock requirements.lock

lock-check: $(STAMP) ## fail when requirements.lock does not fit pyproject.toml
	@$(call compile,requirements.lock) | diff requirements.lock - \
	  || { echo "requirements.lock does not fit pyproject.toml: run make lock"; exit 1; }

clean: ## remove .venv and caches; data/ and mlruns/ stay
	@rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .import_linter_cache

# Versions for every platform, without addresses; CUDA's own packages follow from torch's wheel.
define compile
UV_FIND_LINKS= $(BIN)/uv pip compile -q --universal --no-header --no-annotate --all-extras \
  -c $(1) pyproject.toml | grep -vE '^(nvidia-|cuda-|triton)'
endef

$(STAMP): pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Restill needs Python 3.11 or newer; name one: make PYTHON=python3.12 ..."; exit 1; }
	@echo "Setting up $(VENV) (once; some minutes, about 2.5 GB)"
	@$(PYTHON) -m venv $(VENV) \
	  || { echo "python3 cannot make a venv; on Debian: apt-get install python3-venv"; exit 1; }
	@$(BIN)/python -m pip install -q "uv>=0.9,<1" || true
	@if [ -x $(BIN)/uv ]; then \
	  $(BIN)/uv pip install -q --python $(BIN)/python -c requirements.lock -e ".[dev]"; \
	else \
	  $(BIN)/python -m pip install -q -c requirements.lock -e ".[dev]"; \
	fi
	@touch $@
