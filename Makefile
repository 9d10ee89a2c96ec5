# `make` lists the targets. Each one first prepares what it needs, and only what has changed.
SETUP := @sh scripts/setup

.DEFAULT_GOAL := help
.PHONY: help run test lint bench bench-scale load peers serve lock

help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## /  make \1	/p' Makefile

run: ## Try it: engine, tables, demo account, 500 demo leads, server (PORT=8000)
	$(SETUP) base engine -- python manage.py demo

test: ## Run the whole test suite (ARGS="-k board" passes options to pytest)
	$(SETUP) dev axe engine browser -- pytest -n auto --maxprocesses 4 $(ARGS)

lint: ## Check format, style, types, the direction of imports and the lock files
	$(SETUP) dev -- ruff format --check .
	$(SETUP) dev -- ruff check .
	$(SETUP) dev -- mypy .
	$(SETUP) dev -- lint-imports
	@sh scripts/check-locks

bench: ## Measure the pages against the floor of bare DynamoDB requests
	$(SETUP) dev engine -- python -m benchmarks $(ARGS)

bench-scale: ## Measure the pages with a thousand leads and with a million (kept in .bench/)
	$(SETUP) dev engine -- python -m benchmarks.scale $(ARGS)

load: ## Let Locust work on a running Leadbook (URL=http://127.0.0.1:8000, ARGS="--users 40")
	$(SETUP) load -- python -m locust --locustfile benchmarks/locustfile.py --headless --only-summary \
		--host $(or $(URL),http://127.0.0.1:8000) --users 24 --spawn-rate 4 --run-time 1m $(ARGS)

peers: ## Measure other CRMs doing the same job (installs them from PyPI, kept in .bench/)
	$(SETUP) dev engine -- python -m benchmarks.peers $(ARGS)

serve: ## Start the production server alone, settings from the environment
	$(SETUP) base -- python manage.py serve

lock: ## Compile requirements/*.in to *.txt anew, with hashes and without addresses
	$(SETUP) dev lock
