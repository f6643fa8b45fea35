# The everyday verbs; setup is implied by the others, and quick when nothing changed.
PYTHON ?= python3
BIN := .venv/bin
VENDOR := src/touyan/server/console/vendor

.PHONY: setup demo test check bench docs
.DEFAULT_GOAL := setup

setup: .venv/.installed $(VENDOR)/.built

.venv/.installed: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --editable '.[dev]'
	touch $@

# Only a missing Node.js is forgiven: the brain and its tests run without the console's map.
$(VENDOR)/.built: package.json $(wildcard scripts/*.mjs)
	@if command -v npm >/dev/null; then \
		npm install --no-package-lock --no-audit --no-fund --loglevel=error && npm run --silent build && mkdir -p $(VENDOR) && touch $@; \
	else \
		echo 'warning: Node.js is missing, so the console has no map; install nodejs and npm, then run make setup' >&2; \
	fi

.venv/.installed-docs: .venv/.installed pyproject.toml
	$(BIN)/pip install --quiet --editable '.[docs]'
	touch $@

demo: setup
	$(BIN)/touyan demo

test: setup
	$(BIN)/python -m pytest

check: setup
	$(BIN)/ruff check src tests docs scripts
	$(BIN)/ruff format --check src tests docs scripts
	$(BIN)/mypy

bench: setup
	$(BIN)/touyan bench

docs: setup .venv/.installed-docs
	$(BIN)/sphinx-build -q -W --keep-going -b html docs/en docs/_build/en -c docs
	$(BIN)/sphinx-build -q -W --keep-going -b html docs/zh docs/_build/zh -c docs -D language=zh_CN
