# Both commands of README: each makes the virtual environment it needs, then works in it.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
SOURCES := preserva tests benchmarks tools

.PHONY: demo test long clean

demo: $(VENV)/.preserva
	$(BIN)/preserva demo

test: $(VENV)/.preserva-test
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/coverage run -m pytest
	$(BIN)/coverage report

long: $(VENV)/.preserva-test
	PRESERVA_LONG=1 $(BIN)/python -m pytest

clean:
	rm -rf $(VENV) dist .coverage

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.preserva: $(VENV)/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

$(VENV)/.preserva-test: $(VENV)/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --editable '.[test]'
	touch $@
