# Two commands do everything: `make run` and `make test`. The rest is for those who work on the project.
.PHONY: run test check format deps setup models repro viz compare lock clean

VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
MODELS := $(VENV)/.models
ARGS ?=

run: $(READY)  ## the whole pipeline on data/01_raw/documents, or on the bundled samples
	$(BIN)/kedro run $(ARGS)

test: $(READY)  ## all tests that this machine can run
	$(BIN)/pytest -n auto --dist loadscope $(ARGS)

check: $(READY)  ## style, types, who may import whom
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

deps: $(READY)  ## the code among the deps of dvc.yaml, from what each stage imports
	$(BIN)/python scripts/dvc_deps.py

repro: $(READY)  ## every stage through DVC
	$(BIN)/dvc repro

viz: $(READY)  ## the graph as a static page in build/
	$(BIN)/kedro viz build

compare: $(READY)  ## the runs side by side in a browser
	$(BIN)/mlflow ui --backend-store-uri sqlite:///mlflow.db

setup: $(READY)

$(READY): requirements.lock pyproject.toml scripts/setup.sh
	bash scripts/setup.sh $(VENV)
	touch $(READY)

models: $(MODELS)  ## torch and transformers, for the tests of what runs on a GPU: they do without one

$(MODELS): $(READY) scripts/models.sh
	bash scripts/models.sh $(VENV)
	touch $(MODELS)

lock: $(READY)  ## newer versions of everything, with hashes and without addresses
	$(BIN)/uv pip compile pyproject.toml --extra dev --generate-hashes --no-emit-index-url --python-version 3.11 \
		--upgrade --custom-compile-command "make lock" -o requirements.lock

clean:  ## what can be made again
	rm -rf build .viz .mypy_cache .ruff_cache .pytest_cache .hypothesis
