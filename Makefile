# The commands of the project. Each makes the virtual environment it needs, and brings it up to
# date when pyproject.toml has changed.
#
#   make test     style, types and tests
#   make lint     style and types alone
#   make demo     train a small program on the model in the package, and watch it; RULE=nearest_ten is
#                 another task, MODEL=ollama/llama3.2 a large model, MODEL=loopback a simulated one
#   make bench    what the library itself costs, beside a bare client
#   make embedded-model   train the model in the package from nothing (hours; needs torch in the environment)
#   make clean    remove everything that these commands made
#
# PYTHON is the interpreter of a new environment and VENV its directory, so that another Python is
# tried with: make test PYTHON=python3.13 VENV=.venv-3.13

PYTHON ?= python3
VENV ?= .venv
MODEL ?=
RULE ?=
PYTEST_ARGS ?=

RUN := $(VENV)/bin/python
PIP := $(RUN) -m pip --disable-pip-version-check --no-input -qq

.PHONY: test lint demo bench embedded-model clean
.DELETE_ON_ERROR:

test: lint
	@$(RUN) -m pytest --numprocesses auto --dist loadfile $(PYTEST_ARGS)

lint: $(VENV)/.installed-test
	@$(RUN) -m ruff check .
	@$(RUN) -m ruff format --check .
	@$(RUN) -m mypy

demo: $(VENV)/.installed-demo
	@$(RUN) -m demo.run $(if $(MODEL),--model "$(MODEL)") $(if $(RULE),--rule "$(RULE)")

bench: $(VENV)/.installed-test
	@$(RUN) -m benchmarks

embedded-model: $(VENV)/.installed-test
	@$(RUN) -m tools.embedded_model.train --out build/embedded_model
	@$(RUN) -m tools.embedded_model.export build/embedded_model src/synalinks/language_models/embedded/arithmetic.bin
	@$(RUN) -m tools.embedded_model.evaluate

clean:
	rm -rf $(VENV) build dist demo_output .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# pip 25.1 is the first that installs dependency groups.
$(VENV)/.created:
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed, and $(PYTHON) is older; name another with PYTHON=")'
	@$(RUN) -m pip --version >/dev/null 2>&1 || { echo "Making $(VENV)"; "$(PYTHON)" -m venv --clear $(VENV); }
	@$(PIP) install 'pip>=25.1'
	@touch $@

$(VENV)/.installed-test: $(VENV)/.created pyproject.toml
	@echo "Installing the package and what its tests need (minutes, the first time)"
	@$(PIP) install --editable . --group test
	@touch $@

$(VENV)/.installed-demo: $(VENV)/.created pyproject.toml
	@echo "Installing the package"
	@$(PIP) install --editable '.[plot,embedded]'
	@touch $@
