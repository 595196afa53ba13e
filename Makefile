# Everything a person types. `make help` lists it. Needs make and Python 3.11 or newer; the screens need Node 20 or newer.

PYTHON ?= python3
# Never the scripts of .venv/bin: they break when the folder moves or has a blank in its name.
PY := .venv/bin/python
STACK := $(PY) -m tools.stack
define make-venv
@command -v $(PYTHON) >/dev/null || { echo "Нужен Python 3.11 или новее / Python 3.11 or newer is needed"; exit 1; }
@$(PYTHON) -m tools.stack.venv
endef

.DEFAULT_GOAL := help
.PHONY: help run test test-all chaos chaos-short check web web-check screenshots fmt hooks migrate migration seed bench fuzz openapi env-stack env-dev

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

run: env-stack web-optional ## Start everything on this machine: servers, hub, sandbox; Ctrl-C stops it
	@exec $(STACK) --follow-parent

test: env-dev ## Run the tests (nothing needs to be running)
	@$(PY) -m pytest -q -n 2 -m "not long and not chaos" tests

test-all: env-dev ## Run the tests and the long proofs
	@$(PY) -m pytest -q -n 2 -m "not chaos" tests

chaos-short: env-dev ## Do the short set of faults, with fewer events (some minutes)
	@$(PY) -m pytest -q -m chaos tests/chaos

chaos: env-dev ## Do every fault to a hub under load, count every event (20 minutes, writes docs/faults.md)
	@$(PY) -m tests.chaos

check: env-dev ## Judge format, style, floors, types, dependencies, migrations, OpenAPI, screens
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(PY) -c "from importlinter.cli import lint_imports_command; lint_imports_command()"
	$(PY) -m mypy --strict hub api workers schedules tools sandbox bench
	$(PY) -m tools.lint
	$(PY) -m deptry .
	$(PY) -m tools.migrations_check
	$(PY) -m tools.openapi --check
	$(PY) -m tools.web.check

web: env-stack ## Build both front ends (make run does it too)
	@$(PY) -m tools.web.build

screenshots: env-dev ## Take the README's pictures from a running stack: docs/images
	@HUB_IMAGES=docs/images npx playwright test -c tests/browser/playwright.config.ts

web-check: env-stack ## Judge the front ends alone: style, types, unit tests, catalogues, client, sizes
	@$(PY) -m tools.web.check

fmt: env-dev ## Format the code and fix what can be fixed by itself
	$(PY) -m ruff format .
	$(PY) -m ruff check --fix .
	npx biome check --write .

hooks: env-dev ## Judge every commit and push of this clone by git hooks; they fetch nothing
	@$(PY) -m pre_commit install

migrate: env-stack ## Bring the database of the running stack (or HUB_DATABASE_URL) up to date
	@$(STACK) exec -m alembic upgrade head

migration: env-stack ## Make an empty migration: make migration name=pre_add_something
	@test -n "$(name)" || { echo 'make migration name=pre_add_something'; exit 2; }
	@$(STACK) exec -m alembic revision -m "$(name)"

seed: env-stack ## Put the demo people and clinics into the running stack
	@$(STACK) exec -m tools.seed

bench: env-dev ## Measure against the yardsticks, write docs/bench.md: make bench ONLY=road LABEL=hardened
	@$(PY) -m bench $(if $(ONLY),--only $(ONLY)) $(if $(LABEL),--label "$(LABEL)")

fuzz: env-dev ## A million odd bodies through the door, samples to their end: make fuzz bodies=20000 seed=7
	@nice $(PY) -m tests.fuzz run $(if $(bodies),--bodies $(bodies)) $(if $(seed),--seed $(seed))

openapi: env-dev ## Write the OpenAPI description anew, and the types of the client
	@$(PY) -m tools.openapi
	@npm run --silent gen:api

web-optional: env-stack
	@$(PY) -m tools.web.build --optional

env-stack:
	$(make-venv) requirements-stack.lock

env-dev:
	$(make-venv) requirements-dev.lock
