# `make run` and `make test` are all that a user needs; `make help` lists the rest.
.PHONY: help run test check format deps setup dev bench gpu models repro viz docs compare lock door nightly clean

VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DEV := $(VENV)/.dev
MODELS := $(VENV)/.models
ARGS ?=
.DEFAULT_GOAL := run

help:  ## list the targets
	@sed -nE 's/^([a-z]+):[^#]*## (.*)/\1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 10

run: $(READY)  ## run the whole pipeline on data/01_raw/documents, or on the bundled samples
	$(BIN)/kedro run $(ARGS)

test: $(DEV)  ## run all tests that this machine can run
	$(BIN)/pytest -n auto --dist loadscope --no-loadscope-reorder $(ARGS)

check: $(DEV)  ## check the lock, style, types, and who imports whom
	bash scripts/uv.sh $(VENV) lock --check --offline --quiet
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(DEV)  ## correct the style where ruff can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

deps: $(DEV)  ## write the deps of dvc.yaml anew, from what each stage imports
	$(BIN)/python scripts/dvc_deps.py

repro: $(READY)  ## run every stage through DVC
	$(BIN)/dvc repro

viz: $(READY)  ## write the graph as a static page into build/
	$(BIN)/kedro viz build

docs: $(DEV)  ## build the documentation as a site into build/docs
	$(BIN)/sphinx-build --fail-on-warning --quiet docs build/docs

compare: $(READY)  ## show the runs side by side in a browser (MLflow)
	$(BIN)/mlflow ui --backend-store-uri sqlite:///mlflow.db

setup: $(READY)  ## install what the pipeline needs into .venv

$(READY): uv.lock pyproject.toml scripts/setup.sh scripts/uv.sh
	bash scripts/setup.sh $(VENV)
	touch $(READY)

dev: $(DEV)  ## install what tests and checks need, the extra `bench` included

$(DEV): $(READY)
	bash scripts/setup.sh $(VENV) --group dev
	touch $(DEV)

bench: $(READY)  ## install what scoring on test sets needs
	bash scripts/setup.sh $(VENV) --extra bench

gpu: $(READY)  ## install what models on a GPU need: several GB
	bash scripts/setup.sh $(VENV) --extra gpu --compile-bytecode

models: $(MODELS)  ## install torch and transformers for tests of GPU code that run on a CPU

$(MODELS): $(DEV) scripts/models.sh
	bash scripts/models.sh $(VENV)
	touch $(MODELS)

lock: $(READY)  ## write uv.lock anew, with newer versions
	bash scripts/uv.sh $(VENV) lock --upgrade

door:  ## try `make run` in an empty folder, with an empty virtual environment
	bash scripts/door.sh

nightly:  ## the same on every Python and with an old pip, then all checks and tests
	bash scripts/door.sh full
	OCR_PROJECT_SLOW=1 $(MAKE) check test

clean:  ## remove caches and build/
	rm -rf build .viz .mypy_cache .ruff_cache .pytest_cache .hypothesis
