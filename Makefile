# One verb per line; every target does its own set-up. `make demo` and `make test` are all a newcomer needs.
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
# Tests mostly wait for processes of theirs: three at a time keep two cores busy.
JOBS ?= 3
# A folder with real till files, clips and ground truth; what needs it says so where it is absent.
export LIANKE_DATA ?= $(if $(wildcard ../shared/data),$(abspath ../shared/data))

.PHONY: help demo test check unit bench peers footfall-soak faults damaged-day models format schemas revise wheel clean

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: models ## set up, then broker, cloud and a shop day on http://localhost:8080 (ARGS="--once --json")
	@$(BIN)/python -m tests.simulators.demo $(ARGS)

test: check servers models ## set up, then every check and every test, with coverage
	$(BIN)/coverage erase && $(BIN)/pytest -n $(JOBS) --maxschedchunk 8 --cov --cov-report=term $(ARGS)

check: $(VENV)/.ready ## formatting, lint, types, layers, schemas, spelling
	.ci/check

unit: $(VENV)/.ready ## the fast tests only
	$(BIN)/pytest tests/unit tests/properties tests/contract -m "not broker and not browser and not slow" $(ARGS)

bench: models servers ## JSON lines of {"name", "value", "unit", "ratio", "against"}
	@$(BIN)/python -m tests.bench $(ARGS)

peers: $(VENV)/.ready ## other people's programs that ours is measured beside, in environments of their own
	@$(BIN)/python -m tests.bench.peers.install

footfall-soak: models ## a camera's watcher over eight hours of video: is it as small as it was? (ARGS="--hours 8 --minutes 15")
	@$(BIN)/python -m tests.bench.footfall_soak $(ARGS)

faults: $(VENV)/.ready servers ## kill, cut, fill, tear, restore: what went in at the till stands in the ledger once (ARGS="--quick --json")
	@$(BIN)/python -m tests.faults.run $(ARGS)

damaged-day: $(VENV)/.ready ## a tenth of a day's records damaged, over all kinds of tills (ARGS="--seed 7 --records 500")
	@$(BIN)/python -m tests.simulators.damaged_day $(ARGS)

models: $(VENV)/.ready ## the networks that LIANKE_DATA has, into the cache (LIANKE_MODELS)
	@$(if $(LIANKE_DATA),$(BIN)/lianke-agent models pull --from "$(LIANKE_DATA)/models")

format: $(VENV)/.ready ## rewrite the code as check wants it
	$(BIN)/ruff format . && $(BIN)/ruff check --fix .

schemas: $(VENV)/.ready ## regenerate JSON Schemas, the outbox's schema and the generated reference pages
	.ci/generate

revise: $(VENV)/.ready ## draft a database migration: make revise ARGS="what changes"
	$(BIN)/python -m cloud.storage.revise "$(ARGS)"

wheel: $(VENV)/.ready ## build dist/lianke-*.whl for firmware_scripts/install.sh
	$(BIN)/python -m build --wheel --outdir dist .

.PHONY: servers
servers: ## the servers and the browser that tests use, where they are missing and we may install them
	@.ci/servers

$(VENV)/.ready: pyproject.toml constraints.txt .ci/venv
	@.ci/venv $(VENV)

clean: ## forget everything that was made
	rm -rf $(VENV) .cache .demo build dist *.egg-info .coverage* .mypy_cache .ruff_cache .pytest_cache .hypothesis
