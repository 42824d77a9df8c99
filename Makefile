# The verbs of this project. Settings (docs/configuration.md) pass through from the environment or
# the command line: `make run PORT=9000`.

PYTHON ?= python3
VENV ?= .venv
bin := $(VENV)/bin
# Side by side; those that start servers or browsers need the cores for them, so only two at a time.
together := --numprocesses auto --maxprocesses 4 --dist loadfile
in_pairs := --numprocesses 2 --dist loadfile
# PostgreSQL needs its driver too.
needed := $(if $(filter postgres%,$(DATABASE_URL)),postgres,run)
# Checks of cameras need a detector.
needed += $(if $(filter nudenet,$(FRAME_DETECTOR))$(KNOWN_PICTURES),frames)

# Those that can be run; the load is what others run, the soak a verb of its own.
benchmarks := $(filter-out load soak,$(basename $(notdir $(shell grep -l __main__ benchmarks/*.py))))

.DEFAULT_GOAL := help
.PHONY: help run dev test lint format messages screenshots bench soak audit clean

help:
	@echo "make run     run one copy here (PORT=8000 RUN_DIR=.run)"
	@echo "make dev     the same with DEBUG=1 on a server that reloads code"
	@echo "make test    every test: Python, JavaScript, browser; SQLite and PostgreSQL"
	@echo "make lint    every check of the source; make format mends what it can"
	@echo "make messages   take what is said out of the sources into locale/, and put it in force"
	@echo "make screenshots   a picture of every state of every page, into screenshots/"
	@echo "make bench   the benchmarks; make audit looks for known holes in dependencies"
	@echo "make soak    strangers talk for MINUTES=10 while processes are replaced (PLOT=file.svg)"
	@echo "make clean   remove what these made, RUN_DIR excepted"

run: $(needed:%=$(VENV)/.%-stamp)
	@exec $(bin)/python -m omegle.run

dev: $(needed:%=$(VENV)/.%-stamp)
	@exec $(bin)/python -m omegle.run --dev

test: $(VENV)/.develop-stamp
	$(bin)/python -m tests.provision
	$(bin)/python -m pytest -m "not process and not browser" $(together)
	$(bin)/python -m pytest -m browser $(in_pairs)
	$(bin)/python -m pytest -m "process and not browser and not alone" $(in_pairs)
	$(bin)/python -m pytest -m alone
	$(bin)/python -m tests.postgres $(bin)/python -m pytest -m database $(together)
	$(bin)/python -m tests.provision node --test $(wildcard tests/js/*.test.js)

lint: $(VENV)/.develop-stamp node_modules/.package-lock.json
	$(bin)/ruff check
	$(bin)/ruff format --check
	$(bin)/mypy
	$(bin)/lint-imports --no-logo
	$(bin)/djlint --quiet --check --lint templates
	DEBUG=1 DATABASE_URL=sqlite://:memory: $(bin)/python manage.py makemigrations --check --dry-run
	SECRET_KEY=made-up-for-this-check-and-as-long-as-a-real-one-would-have-to-be \
	EVIDENCE_KEYS=bWFkZS11cC1mb3ItdGhpcy1jaGVjay1hbG9uZS0wMDA= \
	PUBLIC_URL=https://chat.example.org TRUSTED_PROXIES=127.0.0.1 \
	$(bin)/python manage.py check --deploy --fail-level WARNING
	$(bin)/python -m tests.provision npm run --silent lint
	$(bin)/python -m tests.provision npm run --silent types

format: $(VENV)/.develop-stamp node_modules/.package-lock.json
	$(bin)/ruff check --fix
	$(bin)/ruff format
	$(bin)/djlint --quiet --reformat templates
	$(bin)/python -m tests.provision npm run --silent format

messages: $(VENV)/.develop-stamp
	$(bin)/python -m tests.messages

screenshots: $(VENV)/.develop-stamp
	$(bin)/python -m tests.provision
	$(bin)/python -m tests.screenshots

bench: $(VENV)/.develop-stamp benchmarks/baselines/node_modules/.package-lock.json
	@missed=; for script in $(benchmarks); do echo "--- $$script"; \
	$(bin)/python -m "benchmarks.$$script" || missed="$$missed $$script"; done; \
	if [ -n "$$missed" ]; then echo "bars missed:$$missed" >&2; exit 1; fi

soak: $(VENV)/.develop-stamp
	$(bin)/python -m benchmarks.soak --minutes $(or $(MINUTES),10) $(if $(PLOT),--plot $(PLOT))

audit: $(VENV)/.audit-stamp
	$(bin)/pip-audit --disable-pip --require-hashes -r requirements/postgres.txt -r requirements/develop.txt
	$(bin)/python -m tests.provision npm audit

clean:
	rm -rf $(VENV) node_modules screenshots benchmarks/baselines/node_modules .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --- What the verbs need --------------------------------------------------------------------------

$(bin)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	{ echo "omegle: this needs Python 3.11 or newer: make PYTHON=python3.12 …" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.%-stamp: requirements/%.txt | $(bin)/python
	@echo "Installing requirements/$*.txt into $(VENV)"
	@$(bin)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

benchmarks/baselines/node_modules/.package-lock.json: benchmarks/baselines/package-lock.json | $(VENV)/.develop-stamp
	$(bin)/python -m tests.provision npm install --prefix benchmarks/baselines --silent --no-save --no-audit --no-fund
	@touch $@

node_modules/.package-lock.json: package-lock.json | $(VENV)/.develop-stamp
	# Not “npm ci”: it refuses a lock file that lacks another system's optional packages.
	$(bin)/python -m tests.provision npm install --silent --no-save --no-audit --no-fund
	@touch $@
