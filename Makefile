# Two commands: `make demo` shows everything, `make test` proves it.
PYTHON_BIN := .venv/bin
WEB := atlas/web
WEB_SOURCES := $(shell find $(WEB)/src $(WEB)/vite $(WEB)/public $(WEB)/*.json $(WEB)/*.ts $(WEB)/index.html \
	schemas/generated/types.ts -type f 2>/dev/null)

# A program that may not keep its bytecode compiles pandas anew whenever it starts: 2 s for each of some hundred starts.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: setup demo test test-units test-stores test-changes test-whole lint check-web lock clean

setup: .venv/.ready $(WEB)/dist/index.html

.venv/.ready: requirements.lock pyproject.toml setup/venv.sh
	@sh setup/venv.sh
	@touch $@

# Node comes from the lock file too, so the atlas is built by the same Node everywhere.
$(WEB)/node_modules/.ready: $(WEB)/package-lock.json .venv/.ready
	@cd $(WEB) && PATH="$(CURDIR)/$(PYTHON_BIN):$$PATH" npm ci --no-audit --no-fund --loglevel=error
	@touch $@

$(WEB)/dist/index.html: $(WEB_SOURCES) $(WEB)/node_modules/.ready
	@cd $(WEB) && PATH="$(CURDIR)/$(PYTHON_BIN):$$PATH" npm run --silent build
	@touch $@

demo: setup
	@$(PYTHON_BIN)/diachinh demo

lint: setup
	$(PYTHON_BIN)/ruff check .
	$(PYTHON_BIN)/ruff format --check .
	$(PYTHON_BIN)/mypy
	$(PYTHON_BIN)/lint-imports
	$(PYTHON_BIN)/snakefmt --check Snakefile pipelines/rules
	$(PYTHON_BIN)/python -m schemas check

check-web: setup
	cd $(WEB) && PATH="$(CURDIR)/$(PYTHON_BIN):$$PATH" npm run --silent check
	cd $(WEB) && PATH="$(CURDIR)/$(PYTHON_BIN):$$PATH" npm test --silent

test: setup
	sh setup/test-tools.sh
	$(MAKE) --no-print-directory lint check-web
	$(MAKE) --no-print-directory --jobs=2 --output-sync=target test-whole test-units test-stores test-changes

# Two at a time: what runs the program as its users do, what is tested piece by piece, and then the stores in two parts.
STORES := $(wildcard tests/unit/test_store*.py tests/unit/test_load*.py tests/unit/test_times.py)
CHANGES := $(wildcard tests/unit/test_store_[a-d]*.py)

test-units: setup
	$(PYTHON_BIN)/python -m pytest tests/unit $(addprefix --ignore=,$(STORES))

test-stores: setup
	$(PYTHON_BIN)/python -m pytest $(filter-out $(CHANGES),$(STORES))

test-changes: setup
	$(PYTHON_BIN)/python -m pytest $(CHANGES)

test-whole: setup
	$(PYTHON_BIN)/python -m pytest tests/browser tests/contract tests/workflow

# Pins every dependency by hash, without the address of any index.
lock:
	$(PYTHON_BIN)/uv pip compile pyproject.toml --group dev --universal --python-version 3.12 \
		--generate-hashes --no-header --no-annotate --no-emit-index-url --quiet --output-file requirements.lock

clean:
	rm -rf build $(WEB)/dist $(WEB)/node_modules .venv
