# `make run` and `make test` are all that a first visit needs; each sets up what it uses, in .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run test test-slow coverage check bench lock audit upgrade bounds docs package generated clean

run: $(VENV)/.runtime                ## set up, and run the base scenario
	$(BIN)/python run_sim.py

test: $(VENV)/.dev                   ## set up, and pass the tests
	$(BIN)/python -m pytest -n auto --dist worksteal

test-slow: $(VENV)/.dev              ## the large statistical runs, and what others go through too
	$(BIN)/python -m pytest -n auto --dist worksteal -m slow

# Tracing triples the time of what simulates, so that it has the quickest tests.
coverage: $(VENV)/.dev               ## which lines the unit tests go through
	$(BIN)/python -m pytest -n auto --cov --cov-report=term tests/unit tests/back

check: $(VENV)/.dev                  ## lint, format, types, imports, the documentation's links
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(SITE)

bench: $(VENV)/.dev                  ## speed and memory, compared side by side
	$(BIN)/python -m benchmarks

lock: $(VENV)/.dev                   ## lock what pyproject.toml names; versions that are locked and still fit stay
	$(LOCK) --extra web --extra documents -o requirements.txt
	$(LOCK) --all-extras --group dev --group docs -o requirements-dev.txt

upgrade: LOCK += --upgrade
upgrade: lock                        ## lock the newest versions

bounds: bounds-lowest-direct bounds-highest ## a choice of tests with the oldest and the newest versions allowed

bounds-%: $(VENV)/.dev
	$(BIN)/uv venv --quiet --clear --python $(PYTHON) .venv-$*
	$(BIN)/uv pip install --quiet --python .venv-$* --resolution $* --editable ".[web,cluster,group,documents]"
	$(BIN)/uv pip freeze --exclude-editable --python .venv-$* > .venv-$*/bound.txt
	$(BIN)/uv pip install --quiet --python .venv-$* --group dev --constraint .venv-$*/bound.txt
	.venv-$*/bin/python -m pytest -n auto --dist worksteal $(BOUNDS_TESTS)

docs: $(VENV)/.dev                   ## the documentation as a site, in build/site
	$(SITE)

package: $(VENV)/.dev                ## the wheel and the source distribution, in dist
	$(BIN)/python -m hatchling build

audit: $(VENV)/.dev                  ## known weaknesses of the packages that a studio serves with
	$(BIN)/uv tool run pip-audit --no-deps --disable-pip -r requirements.txt

generated: $(VENV)/.dev              ## renew the schema and the reference, which tests hold to the program
	$(BIN)/python run_sim.py schema > scenarios/scenario.schema.json
	$(BIN)/python run_sim.py reference --out docs/reference

# What leans most on libraries: arithmetic of arrays and dates, data frames, workbooks, pages, the command line.
BOUNDS_TESTS := tests/unit tests/back $(addprefix tests/functional/test_, any_form.py bad_input.py commands.py counts.py dates.py \
	report.py spreadsheets.py start.py)

SITE = NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --quiet --strict

# With hashes, so that pip refuses a file that is not the one that was tested; extras kept, since pip asks for them then.
LOCK = UV_CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/uv pip compile --quiet --universal --python-version 3.11 \
	--generate-hashes --no-strip-extras --no-emit-index-url --no-emit-find-links --no-annotate pyproject.toml

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
