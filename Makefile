# commlog: `make` alone says what there is. Everything runs in the project's own .venv.
PYTHON ?= python3
BIN := .venv/bin
DEMO_NOW := 2026-03-16T10:00:00+08:00
COMMLOG := $(BIN)/commlog --log . --now $(DEMO_NOW)

.DEFAULT_GOAL := help
.PHONY: help demo quick test check bench torture transcripts messages coverage clean

help: ## Say what can be made
	@echo "commlog: customer communications as plain YAML files"
	@echo
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 20

CATALOGUE := commlog/locale/zh/LC_MESSAGES/commlog

# Installing commlog also compiles the catalogue (hatch_build.py).
.venv/runtime: requirements.txt pyproject.toml hatch_build.py $(CATALOGUE).po
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "commlog needs Python 3.11 or newer; try: make PYTHON=python3.12" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@test -s $(CATALOGUE).mo
	@touch $@

.venv/dev: .venv/runtime requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

demo: .venv/runtime ## The main job on this repository's own records
	@sh -c 'say() { printf "\n\033[1m$$ commlog %s\033[0m\n" "$$*"; $(COMMLOG) "$$@"; }; \
	set -e; \
	say pending; \
	say why 20260226-1ag0mv/1; \
	say remind; \
	say care; \
	say brief 李娜; \
	say thread 20260312-vjwrjj; \
	say list customer:李娜 渠道:电话; \
	say summarize 2026-03; \
	say report 2026-Q1 --output report.html; \
	say check'

quick: .venv/dev ## The fast tests: two minutes
	$(BIN)/python -m pytest -q -n auto -m "not slow"

test: .venv/dev ## All tests, faults and simulations in their short version
	$(BIN)/python -m pytest -q -n auto

check: .venv/dev ## Lint, types, import rule, architecture, shipped files
	$(BIN)/ruff check .
	$(BIN)/ruff format --check --quiet commlog tests benchmarks
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/yamllint --strict -c .yamllint commlog.yaml calendar.yaml records examples
	$(BIN)/python -m pytest -q -p no:randomly tests/test_architecture.py

bench: .venv/dev ## Measure against the peers; writes docs/PERFORMANCE.md
	$(BIN)/python benchmarks/run.py --write docs/PERFORMANCE.md

transcripts: .venv/dev ## Rewrite the recorded transcripts; review the difference
	COMMLOG_REWRITE=1 $(BIN)/python -m pytest -q -p no:randomly tests/test_transcripts.py

torture: .venv/dev ## The long version of the tests of faults and simulations (half an hour)
	COMMLOG_TORTURE=1 $(BIN)/python -m pytest -q -p no:randomly -n 2 -m torture

messages: .venv/dev ## Collect the texts, merge them into the Chinese catalogue, compile it
	$(BIN)/pybabel -q extract -F babel.cfg -k mark -k translate -k mark_plural:1,2 -k translate_plural:1,2 --no-location --sort-output --omit-header -o .venv/commlog.pot .
	$(BIN)/pybabel -q update --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date -D commlog -i .venv/commlog.pot -d commlog/locale -l zh
	$(BIN)/pybabel -q compile -D commlog -d commlog/locale -l zh

coverage: .venv/dev ## Branch coverage, line by line
	$(BIN)/python -m pytest -q -n auto --cov --cov-report=term-missing:skip-covered

clean: ## Remove what was made
	rm -rf .venv $(CATALOGUE).mo report.html .commlog .benchmarks .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .coverage dist
