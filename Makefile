# `make demo` and `make test` install what they need; they require Python 3.11+, pip, make and git.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
OLDEST := .cache/oldest-sdk
# The oldest SDK that pyproject.toml allows; some tests rehearse with it.
OLDEST_MODAL := $(shell sed -n 's/.*"modal>=\([0-9.]*\)".*/\1/p' pyproject.toml)
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo test test-all fuzz test-matrix soak evals setup engine browser types lint golden docs sizes facts bump requirements clean

demo: $(VENV)/.ready  ## write the default app and rehearse it
	@sh scripts/demo.sh $(BIN)

test: setup types  ## everyday checks: minutes; names what was skipped
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m pytest -n 4 --dist worksteal -rs -m "not slow"

test-all: setup types  ## every test: under 25 minutes on two cores
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m pytest -n 4 --dist worksteal -rs

fuzz: setup  ## hostile input, a hundred thousand values of each kind: hours
	FUZZ=1 $(BIN)/python -m pytest -n auto --dist worksteal -m fuzz

test-matrix: setup  ## rehearsals under several Modal SDKs and Python versions: half an hour
	$(BIN)/python -m scripts.matrix

soak: setup  ## a hundred rehearsals leave nothing behind: ten minutes
	$(BIN)/python -m scripts.soak

evals: $(VENV)/.ready  ## validate the eval cases without a model, and rehearse their answers
	$(BIN)/python -m evals validate --rehearse

setup: $(VENV)/.ready $(OLDEST)/.ready engine browser

$(VENV)/.ready: requirements-dev.txt pyproject.toml package.json
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11) and 'Python 3.11 or newer is required; set PYTHON=')"
	@$(PYTHON) -m venv $(VENV)
	@echo "installing the development environment in $(VENV)"
	@$(BIN)/pip install -q --require-hashes -r requirements-dev.txt
	@$(BIN)/pip install -q --no-deps --no-build-isolation -e .
	@touch $@

$(OLDEST)/.ready: pyproject.toml
	@echo "installing modal $(OLDEST_MODAL), the oldest supported SDK, for the tests"
	@$(PYTHON) -m venv $(OLDEST)
	@$(OLDEST)/bin/pip install -q "modal==$(OLDEST_MODAL)" -e .
	@touch $@

engine: $(VENV)/.ready  ## the CPU engines; where they are not available, the demo uses the stub
	@$(BIN)/python -m scripts.make_engine

browser:  ## Chromium, for the test that opens a report; if this fails, the skip says what to install
	@sh scripts/browser.sh

types: $(VENV)/.ready  ## mypy, strict
	$(BIN)/mypy

lint: types  ## format and check
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

golden: $(VENV)/.ready  ## update the golden apps
	$(BIN)/python scripts/golden.py

docs: $(VENV)/.ready  ## update the generated blocks and files of the documentation and the skill
	$(BIN)/python -m scripts.skill
	$(BIN)/python -m scripts.docs

facts: $(VENV)/.ready  ## report what has changed on the package registry since the pins were resolved
	@$(BIN)/python -m scripts.update_facts

bump: $(VENV)/.ready  ## pin another release: make bump ENGINE=vllm VERSION=...; ARGS=--dry-run shows the steps
	@$(BIN)/python -m scripts.bump "$(ENGINE)" "$(VERSION)" $(ARGS)

sizes: $(VENV)/.ready  ## update the sizes in CONTRIBUTING.md
	$(BIN)/python -m scripts.sizes

requirements:  ## resolve requirements-dev.txt again, with hashes
	@command -v uv > /dev/null || { echo "uv is required: pip install uv"; exit 1; }
	uv pip compile -q pyproject.toml --extra evals --group dev --universal --python-version 3.11 \
		--generate-hashes --no-header --no-annotate --no-emit-index-url -o requirements-dev.txt

clean:
	rm -rf $(VENV) .cache dist .pytest_cache .ruff_cache .mypy_cache .hypothesis
