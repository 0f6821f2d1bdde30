# The commands of this project; `make` alone lists them. None of them is needed to run Readygate.

PYTHON ?= $(firstword $(wildcard .venv/bin/python) python3)
CHECKS := format-check lint types imports test
COMPILE := $(PYTHON) -m uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
	--no-header --no-annotate --quiet

.DEFAULT_GOAL := help
.PHONY: help start check bench format lock screenshots pictures $(CHECKS)

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

start: ## install what is needed and start Readygate with the demo
	@python3 app.py

test: ## install what is needed and run all tests
	@python3 -m tests

check: ## run every check, count them, and fail when one failed
	@passed=0; failed=""; \
	for name in $(CHECKS); do \
		echo "== $$name"; \
		if $(MAKE) --no-print-directory $$name; then passed=$$((passed + 1)); else failed="$$failed $$name"; fi; \
	done; \
	echo "$$passed of $(words $(CHECKS)) checks passed$${failed:+; failed:$$failed}"; \
	test -z "$$failed"

format-check: ## check that the code is formatted
	@$(PYTHON) -m ruff format --check .

lint: ## check the code's rules
	@$(PYTHON) -m ruff check .

types: ## check the types, strictly
	@$(PYTHON) -m mypy

imports: ## check that every stage imports only the stages below it
	@$(PYTHON) -c "from importlinter.cli import lint_imports; raise SystemExit(lint_imports())"

format: ## format the code and mend what can be mended by itself
	@$(PYTHON) -m ruff format .
	@$(PYTHON) -m ruff check --fix .

bench: ## measure the import of 100,000 traces
	@$(PYTHON) -m bench

screenshots: ## take the pictures of README and user guide again
	@$(PYTHON) docs/screenshots.py

pictures: ## draw the pictures of docs/methods.md again
	@$(PYTHON) docs/method_pictures

lock: ## lock the newest allowed versions, with hashes and without addresses
	@$(COMPILE) --upgrade --output-file requirements.lock > /dev/null
	@$(COMPILE) --upgrade --extra test --constraint requirements.lock --output-file requirements-test.lock > /dev/null
