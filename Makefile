# The commands of README and CONTRIBUTING: each makes the virtual environment it needs, then works
# in it. A folder of tests belongs to one tier; tests/docs/test_tiers.py holds them to that.

PYTHON ?= python3
VENV ?= .venv
WORKERS ?= auto
BIN := $(VENV)/bin
SOURCES := preserva tests benchmarks tools

UNIT := tests/unit
TESTS := $(UNIT) tests/cli tests/conformance tests/docs tests/faults tests/golden tests/property tests/simulator
CAMPAIGNS := tests/browser tests/campaigns

# What a test may take, in seconds as tests/durations.txt has them, to be run while you work or by
# `make test`; what takes longer is run by `make campaigns`.
MOMENT := 0.1
QUICK := 1

.PHONY: demo quick test campaigns long reproducible bench docs clean

demo: $(VENV)/.preserva
	$(BIN)/preserva demo

# While you work: under thirty seconds. `make quick UNIT=tests/unit/fixity` takes one room.
quick: $(VENV)/.preserva-test
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/python -m pytest -n $(WORKERS) --at-most $(MOMENT) $(UNIT)

# Proves the product: under five minutes on two cores, once all is installed.
test: $(VENV)/.preserva-test
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -n $(WORKERS) -rs --at-most $(QUICK) $(TESTS)

# What is left: all that takes longer, then kills, power cuts, lost lines, clusters, browsers.
campaigns: $(VENV)/.preserva-test
	$(BIN)/python -m pytest -n $(WORKERS) -rs --over $(QUICK) $(TESTS)
	$(BIN)/python -m pytest -n $(WORKERS) -rs $(CAMPAIGNS)

long: $(VENV)/.preserva-test
	PRESERVA_LONG=1 $(BIN)/python -m pytest -rs --timeout 0 $(TESTS) $(CAMPAIGNS)

# Two builds of the wheel, in different folders, have the same bytes.
reproducible: $(VENV)/.preserva-test
	$(BIN)/python -m tools.build_twice

# All benchmarks beside their peers, an hour at most, on a machine that does nothing else.
bench: $(VENV)/.preserva-test
	$(BIN)/python -m benchmarks --page docs/reference/benchmarks.md --json build/benchmarks.json

# The manual as a site in three languages, which works from a disk: open build/site/index.html.
docs: $(VENV)/.preserva-docs
	$(BIN)/python -m tools.site build/site

clean:
	rm -rf $(VENV) build dist .coverage

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.preserva: $(VENV)/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

$(VENV)/.preserva-test: $(VENV)/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --editable '.[test]'
	touch $@

$(VENV)/.preserva-docs: $(VENV)/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --editable '.[docs]'
	touch $@
