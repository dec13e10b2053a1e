#!/usr/bin/env bash
# Installs torch and transformers beside the laptop's packages, in the versions that the gpu extra pins, and what the
# extra train pins, for the tests of the code that runs on a GPU. Nothing else moves: the lock is the constraint. Without torchvision: where torch is
# made for the CPU, torchvision's only wheel, CUDA's, fails to import and takes the transformers models down with it.
# A machine that finds no wheel of torch for the CPU gets CUDA's, of several GB; pip's own settings name other sources,
# and that is why this is pip's work and not uv's.
# usage: models.sh VENV
set -euo pipefail
cd "$(dirname "$0")/.."
venv=${1:?usage: models.sh VENV}

mapfile -t pins < <("$venv/bin/python" - <<'PY'
import tomllib

with open("pyproject.toml", "rb") as file:
    extras = tomllib.load(file)["project"]["optional-dependencies"]
pins = [pin for pin in extras["gpu"] if pin.startswith(("torch==", "transformers=="))]
print(*dict.fromkeys([*pins, *extras["train"]]), sep="\n")
PY
)
constraints=$(mktemp)
trap 'rm -f "$constraints"' EXIT
bash scripts/uv.sh "$venv" export --frozen --quiet --group dev --no-hashes --no-emit-project >"$constraints"
echo "Installing ${pins[*]}"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check -c "$constraints" "${pins[@]}"
