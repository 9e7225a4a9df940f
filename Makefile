# Needs make, a shell and some Python 3.12 or newer; everything else is made in .venv and var.
# `make help` lists the targets.

SHELL := /bin/sh
PYTHON_RUN := .venv/bin/python
# As many test processes as the machine has cores to spare; JOBS=1 for one.
JOBS ?= 2
# More arguments for pytest: make test ARGS="-k booking -x"
ARGS ?=

.DEFAULT_GOAL := help
.NOTPARALLEL:

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile

.PHONY: venv
venv:
	@scripts/make-venv requirements.txt

.PHONY: venv-dev
venv-dev:
	@scripts/make-venv requirements-dev.txt

.PHONY: run
run: venv ## start VillaOps with demo data on http://localhost:8000 (HOST, PORT choose the address)
	@exec $(PYTHON_RUN) -m villaops.launch --with-parent

.PHONY: stop
stop: venv ## stop everything that runs from this folder, the private databases included
	@$(PYTHON_RUN) -m villaops.launch --stop

.PHONY: test
test: venv-dev ## run all tests with coverage (ARGS="-k booking -x", JOBS=1)
	@$(PYTHON_RUN) -m pytest -n $(JOBS) --dist worksteal --cov --cov-report=term $(ARGS)

.PHONY: drills
drills: venv-dev ## kill -9 each part while 1,000 bookings are made, and see that nothing is lost
	@$(PYTHON_RUN) -m bench.drills $(ARGS)

.PHONY: bench-data
bench-data: venv-dev ## fill a database of its own in var/bench with 150,000 bookings (SCALE=25)
	@VAR_DIR="$(CURDIR)/var/bench" $(PYTHON_RUN) -m bench.load.fill $(SCALE)

.PHONY: bench
bench: venv-dev ## measure the production servers on it, into bench/load/RESULTS.md
	@VAR_DIR="$(CURDIR)/var/bench" $(PYTHON_RUN) -m bench.load.run $(ARGS)

.PHONY: lint
lint: venv-dev ## check style of Python and templates, and that migrations are complete
	@scripts/lint

.PHONY: format
format: venv-dev ## rewrite Python and templates in the house's style
	@scripts/lint --fix

.PHONY: types
types: venv-dev ## check types
	@$(PYTHON_RUN) -m mypy

.PHONY: openapi
openapi: venv ## write openapi.json, the committed description of the API
	@$(PYTHON_RUN) manage.py spectacular --format openapi-json --validate --fail-on-warn --file openapi.json

.PHONY: screenshots
screenshots: venv-dev ## take pictures of every page, light and dark, wide and phone, into screenshots/
	@$(PYTHON_RUN) scripts/screenshots $(ARGS)

.PHONY: pictures
pictures: venv-dev ## take those the README shows anew, into docs/img/
	@$(PYTHON_RUN) scripts/screenshots --pictures busy-today busy-calendar busy-booking

.PHONY: lock
lock: venv-dev ## write requirements*.txt anew from pyproject.toml (ARGS=--upgrade for newer versions)
	@scripts/lock $(ARGS)

.PHONY: migrate
migrate: venv ## bring the database up to date
	@$(PYTHON_RUN) manage.py migrate

.PHONY: shell
shell: venv ## open a Python shell with the models loaded
	@$(PYTHON_RUN) manage.py shell

.PHONY: psql
psql: venv ## open psql on the database
	@$(PYTHON_RUN) -m villaops.embedded psql

.PHONY: clean
clean: ## stop everything and remove .venv, var (with the demo data) and caches
	@if [ -x .venv/bin/python ]; then $(PYTHON_RUN) -m villaops.launch --stop || true; fi
	@rm -rf .venv var staticfiles .coverage .coverage.* .mypy_cache .pytest_cache .ruff_cache .hypothesis
