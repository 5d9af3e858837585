# Two commands do everything: `make demo` and `make test`. Both set up .venv first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready

.PHONY: demo test lint check bench setup clean
.DEFAULT_GOAL := demo

setup: $(READY)

# uv installs in seconds; pip does the same work, slower, where uv has no wheel.
$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check 'uv>=0.9' || true
	@if [ -x $(BIN)/uv ]; then \
	  VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet -c constraints.txt -e '.[postgres]' --group dev; \
	else \
	  $(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1' && \
	  $(BIN)/python -m pip install --quiet -c constraints.txt -e '.[postgres]' --group dev; \
	fi
	@touch $(READY)

demo: $(READY)
	$(BIN)/loyalty demo

test: $(READY)
	$(BIN)/python -m pytest -n 2 --dist worksteal

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy loyalty_pipeline

check: lint test

bench: $(READY)
	$(BIN)/python -m benchmarks

clean:
	rm -rf .loyalty dist
