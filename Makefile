# make run    set up once, then open the studio on http://127.0.0.1:8501
# make test   set up once, then run every test
# make lint   ruff and mypy
# make bench  measure again what benchmarks/ says
# make fuzz   feed spoilt files and expressions to the readers for an hour (MINUTES=5 for less)
#
# make architecture, make pictures, make demo    draw or record anew what the README shows
# make coverage, make mutants                    how well the tests hold the core (benchmarks/quality.md)

SHELL := /bin/sh
PYTHON ?= $(shell for p in python3.12 python3.11 python3; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 13))' && echo $$p && break; done)
READY := .venv/.ready
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: run test lint bench fuzz architecture pictures demo coverage mutants setup clean

run: setup
	.venv/bin/streamlit run app.py

test: setup
	.venv/bin/python -m pytest -n 2 --dist loadfile

lint: setup
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy

bench: setup
	.venv/bin/python -m benchmarks.first_house
	.venv/bin/python -m benchmarks.pages

architecture: setup
	.venv/bin/python -m tools.architecture

pictures: setup
	.venv/bin/python -m tools.pictures

demo: setup
	.venv/bin/python -m tools.record_demo

coverage: setup
	mkdir -p .coverage
	OMP_NUM_THREADS=1 .venv/bin/python -m coverage run -m pytest -n0 synth_core tests/core tests/contracts tests/pages
	.venv/bin/python -m coverage combine
	.venv/bin/python -m coverage report --skip-covered --sort=cover

mutants: setup
	.venv/bin/python -m tools.mutants

MINUTES ?= 60
fuzz: setup
	.venv/bin/python -m benchmarks.fuzz --minutes $(MINUTES) $(if $(shell .venv/bin/python -c 'import atheris' 2>/dev/null && echo yes),,--engine mutate --engine hypothesis)

setup: $(READY)

# made anew when missing or when what it was made from changed
$(READY): pyproject.toml requirements.lock
	@test -n "$(PYTHON)" || { echo "Simile needs Python 3.11 or 3.12; neither was found. Install one, or say make PYTHON=/path/to/python3.12"; exit 1; }
	@$(PYTHON) -m venv .venv || { echo "Python's venv module is not whole. On Debian: apt-get install python3-venv"; rm -rf .venv; exit 1; }
	.venv/bin/python -m pip install --quiet --constraint requirements.lock --editable '.[dev,databases,cluster]'
	@touch $(READY)

clean:
	rm -rf .venv
