# Two commands do everything: `make run` and `make test`. The rest is for those who work on the project.
.PHONY: run test check format deps setup dev bench gpu models repro viz compare lock door nightly clean

VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DEV := $(VENV)/.dev
MODELS := $(VENV)/.models
ARGS ?=

run: $(READY)  ## the whole pipeline on data/01_raw/documents, or on the bundled samples
	$(BIN)/kedro run $(ARGS)

test: $(DEV)  ## all tests that this machine can run
	$(BIN)/pytest -n auto --dist loadscope $(ARGS)

check: $(DEV)  ## the lock, style, types, who may import whom
	bash scripts/uv.sh $(VENV) lock --check --offline --quiet
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(DEV)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

deps: $(DEV)  ## the code among the deps of dvc.yaml, from what each stage imports
	$(BIN)/python scripts/dvc_deps.py

repro: $(READY)  ## every stage through DVC
	$(BIN)/dvc repro

viz: $(READY)  ## the graph as a static page in build/
	$(BIN)/kedro viz build

compare: $(READY)  ## the runs side by side in a browser
	$(BIN)/mlflow ui --backend-store-uri sqlite:///mlflow.db

setup: $(READY)

$(READY): uv.lock pyproject.toml scripts/setup.sh scripts/uv.sh
	bash scripts/setup.sh $(VENV)
	touch $(READY)

dev: $(DEV)  ## what tests and checks need beside that, the bench extra included

$(DEV): $(READY)
	bash scripts/setup.sh $(VENV) --group dev
	touch $(DEV)

bench: $(READY)  ## what scoring on test sets needs
	bash scripts/setup.sh $(VENV) --extra bench

gpu: $(READY)  ## what layout, recognition and embedding by models need: several GB
	bash scripts/setup.sh $(VENV) --extra gpu

models: $(MODELS)  ## torch and transformers, for the tests of what runs on a GPU: they do without one

$(MODELS): $(DEV) scripts/models.sh
	bash scripts/models.sh $(VENV)
	touch $(MODELS)

lock: $(READY)  ## newer versions of everything
	bash scripts/uv.sh $(VENV) lock --upgrade

door: ## the README's first command in an empty folder, with an empty virtual environment
	bash scripts/door.sh

nightly: ## the same on every Python and with an old pip, then all tests
	bash scripts/door.sh full
	$(MAKE) check test

clean:  ## what can be made again
	rm -rf build .viz .mypy_cache .ruff_cache .pytest_cache .hypothesis
