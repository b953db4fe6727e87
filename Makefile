# make demo    try Gainful on a sample mailbox: no key, no account, no service
# make test    the whole test suite, the real IMAP server included
# make check   style, types, import contracts, generated reference, examples in the docs
# make lint    the same without the examples, which `make test` runs too
# make help    the other targets

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check install --quiet
UV     := $(VENV)/lock/bin/uv

.DEFAULT_GOAL := help
.PHONY: help demo install dev test check lint format docs picture lock servers clean

help:
	@echo "make demo      run the main job on a sample mailbox; needs no key, account or service"
	@echo "make test      install what the tests need and run all of them"
	@echo "make check     ruff, mypy, import contracts, generated reference, examples in the docs"
	@echo "make format    put the code into its form"
	@echo "make docs      write docs/reference anew"
	@echo "make picture   draw docs/demo.svg anew from a real run"
	@echo "make lock      solve the locked requirements anew"
	@echo "make clean     remove the environment and caches"

demo: $(VENV)/.installed
	@$(BIN)/python demo/run.py

install: $(VENV)/.installed

dev: $(VENV)/.installed-dev

test: $(VENV)/.installed-dev servers
	@$(BIN)/python -m pytest -q

check: lint
	@$(BIN)/python -m pytest -q tests/docs

lint: $(VENV)/.installed-dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/python tools/generate_reference.py --check

format: $(VENV)/.installed-dev
	@$(BIN)/ruff check --fix --quiet . || true
	@$(BIN)/ruff format .

docs: $(VENV)/.installed-dev
	@$(BIN)/python tools/generate_reference.py

picture: $(VENV)/.installed
	@$(BIN)/python tools/draw_picture.py

servers:
	@PYTHON="$(PYTHON)" tools/install_servers.sh

# The environment. A stamp is younger than everything it was made from, so a second call costs nothing.

$(VENV)/.made:
	@tools/make_venv.sh "$(PYTHON)" "$(VENV)"
	@touch $@

$(VENV)/.installed: $(VENV)/.made requirements.txt requirements-build.txt pyproject.toml
	@echo "Installing Gainful into $(VENV): about a minute, once."
	@$(PIP) --require-hashes -r requirements-build.txt
	@$(PIP) --require-hashes -r requirements.txt
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed requirements-dev.txt
	@echo "Installing the test tools into $(VENV)."
	@$(PIP) --require-hashes -r requirements-dev.txt
	@touch $@

# Hashes of every platform's files; nothing about where they came from.
COMPILE = $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"

lock: $(VENV)/.made
	@test -x $(UV) || { $(PYTHON) -m venv $(VENV)/lock && $(VENV)/lock/bin/pip install --quiet uv; }
	@$(COMPILE) pyproject.toml --output-file requirements.txt
	@$(COMPILE) --group build --output-file requirements-build.txt
	@$(COMPILE) pyproject.toml --group dev -c requirements.txt -c requirements-build.txt \
		--output-file requirements-dev.txt
	@$(COMPILE) requirements-servers.in --output-file requirements-servers.txt

clean:
	rm -rf $(VENV) .pytest_cache .ruff_cache .mypy_cache .hypothesis .import_linter_cache
