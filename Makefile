# `make run` and `make test` are all that a first visit needs; each sets up what it uses, in .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run test test-slow coverage check bench lock generated clean

run: $(VENV)/.runtime                ## set up, and run the base scenario
	$(BIN)/python run_sim.py

test: $(VENV)/.dev                   ## set up, and pass the tests
	$(BIN)/python -m pytest -n auto --dist worksteal

test-slow: $(VENV)/.dev              ## the large statistical runs, and what others go through too
	$(BIN)/python -m pytest -n auto --dist worksteal -m slow

# Tracing triples the time of what simulates, so that it has the quickest tests.
coverage: $(VENV)/.dev               ## which lines the unit tests go through
	$(BIN)/python -m pytest -n auto --cov --cov-report=term tests/unit tests/back

check: $(VENV)/.dev                  ## lint, format, types, imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.dev                  ## speed and memory, compared side by side
	$(BIN)/python -m benchmarks

lock: $(VENV)/.dev                   ## renew the lock files from pyproject.toml
	UV_CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/uv pip compile --quiet --upgrade $(LOCKING) --extra web \
		-o requirements.txt
	UV_CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/uv pip compile --quiet --upgrade $(LOCKING) \
		--all-extras --group dev -o requirements-dev.txt

generated: $(VENV)/.dev              ## renew the schema and the reference, which tests hold to the program
	$(BIN)/python run_sim.py schema > scenarios/scenario.schema.json
	$(BIN)/python run_sim.py reference --out docs/reference

LOCKING := --universal --python-version 3.11 --no-emit-index-url --no-emit-find-links --no-annotate pyproject.toml

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: requirements.txt pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $@

$(VENV)/.dev: requirements-dev.txt pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $@ $(VENV)/.runtime

clean:                               ## everything that was made here, results aside
	rm -rf $(VENV) dist build .coverage .coverage.* htmlcov .mypy_cache .ruff_cache .pytest_cache .hypothesis
