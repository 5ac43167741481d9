# Everything here runs from a bare clone with Python 3.11+ and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
LINDENPLATZ := data/sites/lindenplatz
DEMO := data/demo/lindenplatz_pole_2026-06-10_08-14-00
export DAGSTER_TELEMETRY_DISABLED = 1

.PHONY: help install demo test test-slow check fix truth seeds bench faults pictures lock footage detector clean

help: ## Lists what can be made.
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-11s %s\n", $$1, $$2}'

$(READY): requirements.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --no-deps --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

install: $(READY) ## Installs everything into .venv, pinned and hashed.

demo: $(READY) ## Counts the shipped recording, makes up its past, opens the dashboard (HEADLESS=1: without a browser).
	$(BIN)/passant demo
	$(BIN)/passant history --site $(LINDENPLATZ)
	$(BIN)/passant dashboard $(if $(HEADLESS),--headless)

test: $(READY) ## The fast suite.
	$(BIN)/pytest -m "not slow" $(ARGS)

test-slow: $(READY) ## The rest: browser journeys and the demo from end to end.
	$(BIN)/pytest -m slow $(ARGS)

check: $(READY) ## Format, lint, types; the import contracts run with the tests.
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

fix: $(READY) ## Formats and mends what can be mended.
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

truth: $(READY) ## Counted beside true on every real clip of ../shared (ONLY=<clip>, WEIGHTS=<file>).
	$(BIN)/python -m tests.end_to_end.truth

seeds: $(READY) ## The demo place filmed from held-out seeds, counted beside true (ONLY=<seed>; about 20 minutes on 2 cores).
	$(BIN)/python -m tests.end_to_end.seeds

bench: $(READY) ## Speeds as ratios in one run (ONLY=<name>).
	$(BIN)/python -m tests.benchmarks.bench

faults: $(READY) ## Kills, starves and crowds runs, runs them again and compares (ONLY=<kind>, ROUNDS=<n>).
	OMP_NUM_THREADS=1 POLARS_MAX_THREADS=1 $(BIN)/python -m tests.faults.kills

pictures: $(READY) ## The README's pictures, of the dashboard on data/ and the demo recording (after make demo; needs Chromium).
	$(BIN)/python -m tests.end_to_end.pictures

footage: $(READY) ## Renders the demo recording and its truth anew.
	$(BIN)/passant simulate --site $(LINDENPLATZ) --video $(DEMO).mp4 --truth $(DEMO).truth.csv

detector: $(READY) ## Trains the demo detector anew from random weights and writes its card (about 45 minutes on 2 cores).
	$(BIN)/passant train-detector --site $(LINDENPLATZ) --weights data/demo/detector.pt --log data/demo/detector.training.csv
	$(BIN)/passant evaluate-detector --site $(LINDENPLATZ) --weights data/demo/detector.pt --log data/demo/detector.training.csv --card data/demo/detector.card.md

lock: $(READY) ## Resolves the pinned requirements anew.
	$(BIN)/uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 --generate-hashes \
		--no-header --no-annotate --no-emit-index-url --quiet --output-file requirements.lock $(ARGS)
	$(BIN)/uv pip compile pyproject.toml --extra dashboards --universal --python-version 3.11 --generate-hashes \
		--no-header --no-annotate --no-emit-index-url --quiet --output-file requirements-dashboards.lock $(ARGS)

clean: ## Removes what the demo has made; recordings of your own stay.
	rm -rf data/restricted data/released data/var
