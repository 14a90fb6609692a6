# Needs python3 (3.11 or later) with venv, and a package registry. `make help` lists the targets.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PORT ?= 8000
VENV := .venv
PY := $(VENV)/bin/python
# CPython 3.11 or later under whichever name the machine has it.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python3.14 python; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo "$$p" && break; done)
PIP := $(PY) -m pip --disable-pip-version-check --no-input install --quiet
PACKAGING := pyproject.toml hatch_build.py requirements-build.txt

.PHONY: help run test test-hapi exhaustive check format lint types contracts docs lock bench wheel wheel-test validate-r4 validate-reports fuzz mutants clean

help: ## this list
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | awk -F '\t' '{ printf "  make %-16s %s\n", $$1, $$2 }'

# --- install -------------------------------------------------------------------------------------------------------------------------
# Two stamps: `run` installs what the service needs, everything else what developers need as well. Every file comes from the lock and is
# held to its hash; the package itself is installed editable without dependencies and with the locked build backend.

$(PY):
	@test -n "$(PYTHON)" || { echo "no Python 3.11 or later found: install one, or give its path, make PYTHON=/path/to/python" >&2; exit 3; }
	"$(PYTHON)" -m venv $(VENV)

$(VENV)/.runtime: $(PACKAGING) requirements.txt | $(PY)
	@$(PY) -m pip --version >/dev/null 2>&1 || $(PY) -m ensurepip --upgrade >/dev/null
	$(PIP) --require-hashes -r requirements.txt -r requirements-build.txt
	$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.runtime
	$(PIP) --require-hashes -r requirements-dev.txt
	@touch $@

# --- use -----------------------------------------------------------------------------------------------------------------------------

run: $(VENV)/.runtime ## serve the demo on http://127.0.0.1:8000 (PORT=... for another)
	@mkdir -p var
	@if $(PY) -m cds_service.cli sample-request > var/sample-request.json; then \
	  printf '\n  %s\n\n    %s\n\n' 'Serving http://127.0.0.1:$(PORT)/cds-services, evidence at /evidence. A sample call, dated relative to today:' \
	    'curl -s -H "Content-Type: application/json" -d @var/sample-request.json http://127.0.0.1:$(PORT)/cds-services/vcf-patient-view'; \
	fi
	@exec $(PY) -m cds_service.cli serve --host 127.0.0.1 --port $(PORT) --profile demo

# --- check ---------------------------------------------------------------------------------------------------------------------------

WORKERS ?= auto

test: $(VENV)/.dev ## the test suite, on all cores (WORKERS=0 for one process)
	$(PY) -m pytest --numprocesses $(WORKERS) --dist loadgroup

# Built first, because that takes minutes once and no test may. HAPI_ALL=1 asks about every vignette instead of a sample.
test-hapi: $(VENV)/.dev ## the tests against a real HAPI FHIR server (Java 17, Maven); one that is skipped fails them
	tools/hapi/run.sh --build
	$(PY) -m pytest tests/hapi --hapi

exhaustive: $(VENV)/.dev ## what `make test` asks of some vignettes asked of all: every fact blanked, every key withheld, two variants each
	$(PY) -m pytest --numprocesses $(WORKERS) --dist loadgroup tests/clinical/test_blank_one_fact.py tests/clinical/test_vignettes.py tests/faults/test_completion.py --exhaustive

check: lint types contracts test ## format, lint, types, import contracts, then the tests (content and docs drift among them)

format: $(VENV)/.dev ## rewrite the code in the house format
	$(PY) -m ruff format .
	$(PY) -m ruff check --fix .

lint: $(VENV)/.dev ## format and lint, changing nothing
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .

types: $(VENV)/.dev ## mypy, strict
	$(PY) -m mypy

contracts: $(VENV)/.dev ## who may import whom
	$(PY) -c 'from importlinter.cli import lint_imports_command; lint_imports_command()' --no-cache --no-logo

docs: $(VENV)/.dev ## write the generated parts of the documentation again
	$(PY) -m scripts.docs

bench: $(VENV)/.dev ## CPU a call over that of a floor which only reads the body, and where the time goes
	$(PY) -m benchmarks

wheel: $(VENV)/.dev ## build the wheel into dist/
	rm -rf dist
	$(PY) -m hatchling build --target wheel

# The tests marked `wheel`, run in a fresh environment on the installed wheel, in a folder without the checkout's own package and cards.
wheel-test: wheel ## install the wheel somewhere fresh and test that
	rm -rf build/wheel-test
	mkdir -p build/wheel-test
	"$(PYTHON)" -m venv build/wheel-test/.venv
	build/wheel-test/.venv/bin/python -m pip --disable-pip-version-check install --quiet --require-hashes -r requirements-dev.txt
	build/wheel-test/.venv/bin/python -m pip --disable-pip-version-check install --quiet --no-deps dist/*.whl
	cp -R tests scripts pyproject.toml build/wheel-test/
	cd build/wheel-test && ON_WHEEL=1 .venv/bin/python -P -m pytest -m wheel $$(grep -rl --include='test_*.py' 'mark[.]wheel' tests)

validate-r4: ## check every FHIR resource that leaves the service with HAPI's R4 validator (Java 17, Maven)
	rm -rf build/fhir
	$(MAKE) test COLLECT_FHIR='$(CURDIR)/build/fhir'
	scripts/validate-collected build/fhir

validate-reports: $(VENV)/.dev ## score the reading of the labelled reports beside this repository, docs/validation/report-reading.md
	$(PY) -m scripts.validate_reports

# atheris has an environment of its own, because it ships for few Pythons. The corpus stays under build/.
FUZZ_PYTHON ?= python3.11
FUZZ_SECONDS ?= 600
FUZZ_SEED ?= 1

fuzz: ## fuzz the report reader for ten minutes (FUZZ_SECONDS, FUZZ_SEED, FUZZ_PYTHON)
	@test -x build/fuzz/.venv/bin/python || "$(FUZZ_PYTHON)" -m venv build/fuzz/.venv
	build/fuzz/.venv/bin/python -m pip --disable-pip-version-check install --quiet --require-hashes -r scripts/fuzz-requirements.txt
	build/fuzz/.venv/bin/python -m scripts.fuzz_reports --seconds $(FUZZ_SECONDS) --seed $(FUZZ_SEED) --folder build/fuzz

# mutmut has an environment of its own, because nobody else needs what it brings. About half an hour on two cores.
mutants: ## mutation testing of the recommendations, the merge and the three-valued logic, docs/validation/mutation.md
	@test -x build/mutants/.venv/bin/python || "$(PYTHON)" -m venv build/mutants/.venv
	build/mutants/.venv/bin/python -m pip --disable-pip-version-check install --quiet --require-hashes -r requirements-dev.txt
	build/mutants/.venv/bin/python -m pip --disable-pip-version-check install --quiet --require-hashes -r scripts/mutants-requirements.txt
	rm -rf mutants
	build/mutants/.venv/bin/mutmut run >build/mutants/run.log
	build/mutants/.venv/bin/python -m scripts.mutants --mutmut build/mutants/.venv/bin/mutmut

lock: $(VENV)/.dev ## pin the newest versions, with hashes
	@$(VENV)/bin/uv --version >/dev/null 2>&1 || $(PIP) uv
	$(LOCK) pyproject.toml --output-file requirements.txt
	$(LOCK) --group pyproject.toml:build --constraints requirements.txt --output-file requirements-build.txt
	$(LOCK) pyproject.toml --group dev --constraints requirements.txt --constraints requirements-build.txt --output-file requirements-dev.txt

LOCK = $(VENV)/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate

clean: ## remove everything that can be made again (not var/)
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
