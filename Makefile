# Two commands matter: `make demo` and `make test`. Each sets up what it needs: Python 3.11+, pip, make and git suffice.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
OLDEST := .cache/oldest-sdk
# The oldest SDK that pyproject.toml admits: the tests rehearse under it as well.
OLDEST_MODAL := $(shell sed -n 's/.*"modal>=\([0-9.]*\)".*/\1/p' pyproject.toml)
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo test test-matrix soak evals setup engine lint golden docs facts clean

demo: $(VENV)/.ready  ## write the default app and rehearse it
	@sh scripts/demo.sh $(BIN)

test: setup  ## everything; names what it had to skip
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m pytest -n 4 --dist worksteal -rs

test-matrix: setup  ## the rehearsal under several Modal SDKs and Pythons: half an hour
	$(BIN)/python -m scripts.matrix

soak: setup  ## a hundred rehearsals in a row leave nothing behind: ten minutes
	$(BIN)/python -m scripts.soak

evals: $(VENV)/.ready  ## the evals' own cases, without any model: right answers, rehearsed as well, and wrong ones
	$(BIN)/python -m evals validate --rehearse

setup: $(VENV)/.ready $(OLDEST)/.ready engine

$(VENV)/.ready: requirements-dev.txt pyproject.toml package.json
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11) and 'Python 3.11 or newer is needed; set PYTHON=')"
	@$(PYTHON) -m venv $(VENV)
	@echo "installing the development environment in $(VENV)"
	@$(BIN)/pip install -q --require-hashes -r requirements-dev.txt
	@$(BIN)/pip install -q --no-deps --no-build-isolation -e .
	@touch $@

$(OLDEST)/.ready: pyproject.toml
	@echo "installing modal $(OLDEST_MODAL), the oldest SDK that is supported, for the tests"
	@$(PYTHON) -m venv $(OLDEST)
	@$(OLDEST)/bin/pip install -q "modal==$(OLDEST_MODAL)" -e .
	@touch $@

engine: $(VENV)/.ready  ## the real engine on the CPU; where it cannot be had, the tests and the demo use the stub
	@$(BIN)/python scripts/make_engine.py

lint: $(VENV)/.ready
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

golden: $(VENV)/.ready  ## render the golden apps anew
	$(BIN)/python scripts/golden.py

docs: $(VENV)/.ready  ## write the generated blocks of the documentation anew
	$(BIN)/python -m scripts.skill
	$(BIN)/python -m scripts.docs

facts: $(VENV)/.ready  ## what has moved at the package registry since the pins were made
	@$(BIN)/python scripts/update_facts.py

clean:
	rm -rf $(VENV) .cache dist .pytest_cache .ruff_cache .hypothesis
