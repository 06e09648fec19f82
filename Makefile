# Everything a person or CI does here, from a machine that has Python >= 3.11 with pip, and make.
#
# `.venv/.ready` stands for "the locked packages are installed"; it is made again when pyproject.toml or
# uv.lock changes. What an installation prints goes to stderr, so that `make demo ARGS="--exit --json"`
# puts nothing but its JSON on stdout.
#
# PIP_* variables and pip's own configuration are honoured. Where they name a package index, packages come
# from there with pip, each held to its hash in uv.lock; otherwise from the addresses in uv.lock with uv. Where
# those cannot be reached, pip has a try.

.POSIX:
.SILENT:
.SUFFIXES:
MAKEFLAGS += --no-print-directory
SHELL = /bin/sh

# The version that wrote uv.lock; newer ones read it too, but a pinned one cannot surprise.
UV_VERSION = 0.13.9
# One worker a core of the smallest machine that we run on.
PYTEST_WORKERS = 2
# A file's tests share the embedded Hub that its fixtures start, so a file stays on one worker.
PYTEST_ARGS =
ARGS =
# Override to choose the interpreter yourself: make test PYTHON=/path/to/python3
PYTHON =

BIN = .venv/bin
READY = .venv/.ready
UV = .tools/uv-$(UV_VERSION)/bin/uv
# Their own environment, kept in a cache: they are no part of .venv.
SUPPLY_CHAIN = $(UV) run --quiet --frozen --isolated --only-group supply-chain
# npm comes from a Python package where the machine has none.
WANTED = --extra embedded --group dev $(shell command -v npm >/dev/null 2>&1 || echo --extra assets)

help: ## list the targets
	sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1	\2/p' Makefile

# `exec`, so that a SIGTERM sent to make reaches the Hub; it answers Ctrl-C with exit code 0, which make passes
# over in silence.
demo: $(READY) ## a whole Hub with a year of real schools' activities; ARGS="--exit --json" for one JSON object
	exec $(BIN)/careers-hub demo $(ARGS)

test: lint ## every check and the whole suite: twenty minutes on two cores, half of it on Kafka and in a browser
	$(BIN)/pytest -n $(PYTEST_WORKERS) --dist loadfile $(PYTEST_ARGS)

bench: $(READY) ## the ratios of the project's speed promises
	exec $(BIN)/python -m benchmarks $(ARGS)

contracts: $(READY) ## schema baselines, golden digests and AsyncAPI again, from the models
	$(BIN)/python -m tests.contracts.regenerate

generate: $(READY) ## Kafka's users and topics, MongoDB's roles and the alerts again, from contracts and overlays
	$(BIN)/python -m deploy.generate

audit: $(READY) ## licences of what a service runs with, and known vulnerabilities in it (asks a public database)
	$(BIN)/python -m deploy.licences
	$(UV) export --quiet --frozen --no-dev --no-emit-project --output-file .tools/runtime.txt
	$(SUPPLY_CHAIN) pip-audit --requirement .tools/runtime.txt --require-hashes --disable-pip --strict

sbom: $(READY) ## the bill of materials of what a service runs with: build/sbom.cdx.json (CycloneDX)
	mkdir -p build
	$(UV) export --quiet --frozen --no-dev --no-emit-project --output-file .tools/runtime.txt
	$(SUPPLY_CHAIN) cyclonedx-py requirements --output-reproducible --pyproject pyproject.toml \
	    --mc-type application --output-file build/sbom.cdx.json .tools/runtime.txt

lint: $(READY) ## style, formatting, types and import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

format: $(READY) ## put style and formatting right where a tool can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean: ## remove what was installed and cached here
	rm -rf .venv .tools .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: help demo test bench contracts generate audit sbom lint format clean

# A real interpreter, found outside this folder: a version manager's shim would obey .python-version here and
# fail where just that version is missing. 3.11 to 3.13 come first, because the embedded store has wheels for
# no other; a newer one alone can still fetch a 3.13 for itself.
FIND_PYTHON = \
    find_python() { \
        for candidate in $(or $(PYTHON),python3 python3.13 python3.12 python3.11); do \
            found=$$(cd / && "$$candidate" -c "$$1" 2>/dev/null) && test -n "$$found" && \
                { echo "$$found"; return 0; }; \
        done; \
        return 1; \
    }; \
    wheels='import sys; print(sys.executable if (3, 11) <= sys.version_info[:2] <= (3, 13) else "")'; \
    newer='import sys; print(sys.executable if sys.version_info >= (3, 14) else "")'; \
    if python=$$(find_python "$$wheels"); then target=$$python; \
    elif python=$$(find_python "$$newer"); then \
        target=3.13; \
        echo "$$python is newer than the embedded store's wheels: .venv gets a Python 3.13 of its own." >&2; \
    else \
        echo "This project needs Python 3.11 or newer, with pip, and found none on the PATH." >&2; \
        echo "python3 here is: $$(python3 --version 2>&1 || true)" >&2; \
        echo "Install one, or name it: make PYTHON=/path/to/python3.11 <target>" >&2; \
        exit 1; \
    fi

# What pip is told, by file or PIP_* variable, of certificates and proxies, passed on to uv.
PIP_TO_UV = \
    pip_told() { "$$python" -m pip config list 2>/dev/null | sed -n "s/^[^=]*\.$$1='\(.*\)'/\1/p" | tail -n 1; }; \
    cert=$$(pip_told cert); proxy=$$(pip_told proxy); \
    if test -n "$$cert" && test -z "$$SSL_CERT_FILE"; then export SSL_CERT_FILE="$$cert"; fi; \
    if test -n "$$proxy" && test -z "$$HTTPS_PROXY"; then export HTTPS_PROXY="$$proxy"; fi

# Whether pip is told to take packages from somewhere of its own.
PIP_HAS_AN_INDEX = test -n "$$(pip_told index-url)$$(pip_told extra-index-url)$$(pip_told no-index)"

$(UV):
	exec >&2; $(FIND_PYTHON); \
	echo "Installing uv $(UV_VERSION) into .tools (Python: $$python) ..."; \
	if ! "$$python" -m pip --version >/dev/null 2>&1; then \
	    echo "$$python has no pip. Install it (Debian: apt-get install python3-pip) and try again."; exit 1; \
	fi; \
	rm -rf .tools; \
	PIP_USER=0 "$$python" -m pip install --quiet --disable-pip-version-check --root-user-action ignore \
	    --no-deps --target .tools/uv-$(UV_VERSION) uv==$(UV_VERSION)

$(READY): pyproject.toml uv.lock $(UV)
	exec >&2; set -e; $(FIND_PYTHON); $(PIP_TO_UV); \
	unset VIRTUAL_ENV UV_PYTHON; export UV_PROJECT_ENVIRONMENT="$(CURDIR)/.venv"; \
	echo "Installing the locked packages into .venv ..."; \
	if $(PIP_HAS_AN_INDEX) || ! $(UV) sync --quiet --frozen --compile-bytecode $(WANTED) --python "$$target"; then \
	    echo "Installing them with pip, as it is configured here; this takes a minute ..."; \
	    $(UV) venv --quiet --clear --python "$$target" .venv; \
	    $(UV) export --quiet --frozen $(WANTED) --no-emit-project --python "$$target" \
	        --output-file .tools/requirements.txt; \
	    pip="$$python -m pip --python .venv/bin/python install --quiet --disable-pip-version-check"; \
	    PIP_USER=0 $$pip --require-hashes --requirement .tools/requirements.txt; \
	    PIP_USER=0 $$pip --no-deps --editable .; \
	fi; \
	$(BIN)/careers-hub assets || true; \
	touch $(READY)
