# `make` lists the targets. Each one first prepares what it needs, and only what has changed.
SETUP := @sh scripts/setup
# What a deployment is told: only words of make's own command line count, since shells have a
# MAIL and a HOST of their own.
SPOKEN = $(foreach name,STAGE REGION MAIL HOST LEADS_TABLE LEADS_STREAM RECORDS_TABLE \
	HELD_TABLE DOMAIN CERTIFICATE EMAIL_SERVICE EMAIL_HOST EMAIL_HOST_USER DEFAULT_FROM_EMAIL \
	PHONE_REGION INBOUND_ADDRESS \
	INTAKE_PER_NETWORK INTAKE_TOTAL INTAKE_CEILING INTAKE_TRUSTED BUDGET CONFIRM,$(if $(filter command,$(origin $(name))),\
	'$(name)=$(subst ','\'',$($(name)))'))
# What asks the site over HTTP, and is asked once more through AWS Lambda's handler.
HTTP_TESTS = tests/board tests/detail tests/intake tests/listing tests/web tests/crm/accounts \
	tests/crm/test_middleware.py tests/crm/test_probes.py tests/costs/test_pages.py \
	tests/exports/test_views.py tests/imports/test_views.py
# What has to hold on every engine.
CONTRACT_TESTS = tests/repository tests/imports/test_contract.py tests/crm/dynamodb/test_batch.py \
	tests/crm/dynamodb/test_calls.py tests/crm/dynamodb/test_segments.py \
	tests/crm/dynamodb/test_transaction.py tests/maintenance/test_erase_lead.py

PYTEST = python -m pytest -n auto --maxprocesses 4
# Many processes read the same code: the first that reads a file keeps it compiled.
export PYTHONDONTWRITEBYTECODE =

.DEFAULT_GOAL := help
.PHONY: help run test check test-infra test-engines record lint bench bench-scale bench-lambda \
	day attack load peers serve lock upgrade sbom package synth deploy destroy cost manage

help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## /  make \1	/p' Makefile

run: ## Try it: engine, tables, demo account, 500 demo leads, server (PORT=8000)
	$(SETUP) base engine -- python manage.py demo

test: ## Run the whole test suite, or what is asked for (ARGS="-k board")
	$(SETUP) dev axe engine browser -- $(PYTEST) --ignore tests/infra \
		$(or $(ARGS),-p tests.plugins.recording)
	$(if $(ARGS),,@$(MAKE) --no-print-directory test-infra)

check: ## Run the tests that take no browser, no moto, no AWS side and no long time
	$(SETUP) dev engine -- $(PYTEST) --ignore tests/infra --ignore tests/browser \
		-m "not slow and not moto" $(ARGS)

test-infra: ## Test what runs on AWS, without an account: templates, rights, events, Lambda
	$(SETUP) dev infra cdk ministack engine -- pytest -n 2 --dist loadgroup -m "not slow" \
		tests/infra $(ARGS)
	$(if $(ARGS),,$(SETUP) dev engine -- $(PYTEST) -m "not moto" -p tests.plugins.through_lambda $(HTTP_TESTS))

test-engines: ## Run the contract tests on Amazon's own DynamoDB Local as well (takes Java 17)
	$(SETUP) dev dynamodb-local -- $(PYTEST) $(CONTRACT_TESTS) $(ARGS)

record: ## Note anew which requests the suite sends to DynamoDB (after a change of them)
	$(SETUP) dev axe engine browser -- $(PYTEST) --ignore tests/infra \
		-p tests.plugins.recording --update-dynamodb-calls

lint: ## Check format, style, types, the direction of imports and the lock files
	$(SETUP) dev -- ruff format --check .
	$(SETUP) dev -- ruff check .
	$(SETUP) dev infra -- mypy .
	$(SETUP) dev -- lint-imports
	@sh scripts/check-locks

bench: ## Measure the pages against the floor of bare DynamoDB requests
	$(SETUP) dev engine -- python -m benchmarks $(ARGS)

bench-scale: ## Measure the pages with a thousand leads and with a million (kept in .bench/)
	$(SETUP) dev engine -- python -m benchmarks.scale $(ARGS)

attack: ## Attack a server of its own on this machine: every route, form and field (minutes)
	$(SETUP) dev engine -- python -m benchmarks.attack

day: ## Let three people work the same leads over HTTP, and recount (ARGS="--seconds 300")
	$(SETUP) dev engine -- python -m benchmarks.day $(ARGS)

bench-lambda: ## Measure a start on AWS Lambda, and a warm request through its handler
	$(SETUP) dev engine -- python -m benchmarks.lambda_start $(ARGS)

load: ## Let Locust work on a running Leadbook (URL=http://127.0.0.1:8000, ARGS="--users 40")
	$(SETUP) load -- python -m locust --locustfile benchmarks/locustfile.py --headless --only-summary \
		--host $(or $(URL),http://127.0.0.1:8000) --users 24 --spawn-rate 4 --run-time 1m $(ARGS)

peers: ## Measure other CRMs doing the same job (installs them from PyPI, kept in .bench/)
	$(SETUP) dev engine -- python -m benchmarks.peers $(ARGS)

sbom: ## Write the bill of materials of each lock to build/bom (CycloneDX)
	$(SETUP) sbom -- python scripts/bill_of_materials.py

package: ## Build what runs on AWS Lambda (build/lambda)
	$(SETUP) base -- python scripts/package_lambda.py

synth: ## Write the AWS templates to build/cdk.out, without an AWS account (as make deploy)
	$(SETUP) base infra -- python -m infra.synth $(SPOKEN)

deploy: ## Deploy to AWS (STAGE=production REGION=eu-central-1 MAIL=you@example.com)
	$(SETUP) base infra cdk -- python -m infra.deploy $(SPOKEN)

destroy: ## Remove a stage from AWS; production's tables stay (STAGE=dev REGION=eu-central-1)
	$(SETUP) base infra -- python -m infra.destroy $(SPOKEN)

cost: ## Say what a month on AWS costs (REGION=… ARGS="--leads 1000 --reads 10000 --staff 5")
	$(SETUP) base -- python -m infra.costs \
		$(if $(filter command,$(origin REGION)),--region '$(subst ','\'',$(REGION))') $(ARGS)

manage: ## Run manage.py on a stage (STAGE=… REGION=… ARGS="create_user you@example.com --role admin")
	$(SETUP) base infra -- python -m infra.manage $(SPOKEN) -- $(ARGS)

serve: ## Start the production server alone, settings from the environment
	$(SETUP) $(if $(EMAIL_SERVICE),mail,base) -- python manage.py serve

lock: ## Compile what pyproject.toml declares to requirements/*.txt (takes uv from PyPI)
	$(SETUP) lock

upgrade: ## Compile them to the newest versions that pyproject.toml allows
	$(SETUP) upgrade
