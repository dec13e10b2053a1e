#!/usr/bin/env bash
# What both recipes of an image do (Containerfile, apptainer.def): as root, in the folder of the sources.
# usage: image.sh packages|project [what is installed beside the core, as uv sync takes it: --extra gpu]
set -euo pipefail
cd "$(dirname "$0")/.."
step=${1:?usage: image.sh packages|project [--extra gpu]}
shift
export DEBIAN_FRONTEND=noninteractive UV_NO_CACHE=1 PIP_NO_CACHE_DIR=1
# compiled now: whoever runs the image can write nothing beside the modules
export UV_COMPILE_BYTECODE=1
# those of ca-certificates; a company's own are mounted: podman build --volume /etc/ssl/certs:/etc/ssl/certs:ro
export UV_SYSTEM_CERTS=1

case $step in
packages) # what changes seldom, and is gigabytes with a GPU
  apt-get update -qq
  more=(ca-certificates)
  [[ " $* " != *" gpu "* ]] || more+=(gcc libc6-dev python3-dev) # Triton compiles its kernels when they are first used
  apt-get install -y -qq --no-install-recommends "${more[@]}" >/dev/null
  bash scripts/setup.sh .venv --no-install-project "$@"
  rm -rf /var/lib/apt/lists/* ;;
project)
  bash scripts/setup.sh .venv --no-editable "$@"
  # any user may be given: a home that all can write to, and a name for the usual one
  useradd --uid 1000 --home-dir /home/ocr --create-home ocr
  chmod 1777 /home/ocr
  git config --system --add safe.directory "*" # a clone that is mounted belongs to somebody else
  .venv/bin/ocr-project --version ;;
*)
  echo "image.sh: there is no step $step" >&2
  exit 2 ;;
esac
