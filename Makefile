# The two commands of the README, `make demo` and `make test`, need Python 3.11 or newer and nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DOCS_READY := $(VENV)/.docs-ready

.PHONY: demo test test-all lint format bench docs notebooks wheel wheel-check lock clean

demo: $(READY)            ## every table and figure of the paper, small and quick: demo/report.html
	$(BIN)/alignrnn reproduce all --budget quick --out demo

# Most of the time of short tests goes into compiling, so XLA leaves its optimisations out here. `make
# test-all` runs what users run.
test: $(READY)            ## the tests, without the long end-to-end checks
	JAX_DISABLE_MOST_OPTIMIZATIONS=1 $(BIN)/pytest -n 2 -m "not slow"

test-all: $(READY)        ## all tests
	$(BIN)/pytest -n 2

lint: $(READY)            ## formatting, lint and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright

format: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(READY)           ## speed on this machine, see docs/performance.md
	$(BIN)/alignrnn bench

docs: $(DOCS_READY)       ## the site, which opens from disk: build/site/index.html; a broken link fails
	$(BIN)/python docs/site/gather.py build/docs
	$(BIN)/zensical build --clean --strict

wheel: $(READY)           ## wheel and sdist: dist/
	rm -rf dist
	$(BIN)/hatchling build

# `make wheel-check PYTHONS=python3.12` for one of them.
wheel-check: wheel        ## both installed without the pinned versions, lowest and newest, and used
	$(BIN)/pip install -q uv
	$(BIN)/python .ci/check_wheel.py $(PYTHONS)

notebooks: $(READY)       ## run the tutorials whose code has changed, and keep what they print and draw
	$(BIN)/pip install -q ipykernel nbclient
	$(BIN)/python docs/tutorials/renew.py

COMPILE := $(BIN)/uv pip compile --universal --python-version 3.11 --no-emit-index-url --no-header -q

lock: $(READY)            ## renew the pinned versions from pyproject.toml
	$(BIN)/pip install -q uv
	$(COMPILE) --all-extras --group dev -o requirements.lock pyproject.toml
	$(COMPILE) --group docs -c requirements.lock -o requirements-docs.lock

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "alignrnn needs Python 3.11 or newer; name one: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --disable-pip-version-check -q -r requirements.lock
	$(BIN)/python -m pip install --disable-pip-version-check -q --no-deps --no-build-isolation -e .
	touch $@

# What builds the site is wanted for nothing else, and has a lock of its own.
$(DOCS_READY): $(READY) requirements-docs.lock
	$(BIN)/python -m pip install --disable-pip-version-check -q -r requirements-docs.lock
	touch $@

clean:
	rm -rf $(VENV) demo dist build
