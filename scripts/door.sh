#!/usr/bin/env bash
# Does the front door open? The README's `make run` in a clone of the last commit, with an empty virtual environment and
# without the machine's own uv; then the samples must have become a report.
#   door.sh         once, with the Python at hand; and whether uv, installed by Debian 12's pip and by the newest one,
#                   reads the lock (what CI does, about a minute)
#   door.sh full    the whole of it with both of these pips and on every Python that is found; then the tests but for
#                   those of the whole job, the graph as a page, and MLflow's page
set -euo pipefail
cd "$(dirname "$0")/.."
how=${1:-quick}
readonly OLD_PIP=pip==23.0.1 # Debian 12's
here=$PWD
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
export NO_SYSTEM_UV=1 OMP_THREAD_LIMIT=1
[[ -z $(git status --porcelain) ]] || echo "door: changes that are not committed are left out" >&2

fail() { echo "door: $*" >&2; exit 1; }

# environment PYTHON PIP: an empty one in the clone, with that pip
environment() {
  "$1" -m venv "$clone/.venv"
  "$clone/.venv/bin/python" -m pip install --quiet --disable-pip-version-check --upgrade "$2"
}

# open_door NAME PYTHON [PIP]: clone, install, run
open_door() {
  local start=$SECONDS
  clone=$place/$1
  git clone --quiet "$here" "$clone"
  [[ -z ${3:-} ]] || environment "$2" "$3"
  PYTHON=$2 make --no-print-directory -C "$clone" VENV=.venv setup || fail "$1: make setup failed"
  local installed=$((SECONDS - start))
  PYTHON=$2 make --no-print-directory -C "$clone" VENV=.venv run || fail "$1: make run failed"
  compgen -G "$clone/data/08_reporting/report.html/*/report.html" >/dev/null || fail "$1: make run left no report"
  echo "door: $1: installed after $installed s, report after $((SECONDS - start)) s," \
    "$(ls -d "$clone"/.venv/lib/python3*/site-packages/*.dist-info | wc -l) packages," \
    "$(du -sm --apparent-size "$clone/.venv" | cut -f1) MB"
}

# read_lock NAME PYTHON PIP: no more than whether this pip brings a uv that reads the lock
read_lock() {
  clone=$place/$1
  git clone --quiet "$here" "$clone"
  environment "$2" "$3"
  (cd "$clone" && bash scripts/uv.sh .venv sync --frozen --dry-run --quiet) || fail "$1: uv does not read the lock"
  echo "door: $1: uv reads the lock"
}

# every Python that is found: of the PATH and of pyenv, one a minor version
pythons() {
  local minor found
  for minor in 3.11 3.12 3.13; do
    for found in "python$minor" "${PYENV_ROOT:-$HOME/.pyenv}"/versions/"$minor".*/bin/python; do
      if "$found" -c '' 2>/dev/null; then echo "$found" && break; fi
    done
  done
}

# look_around NAME: what else a person opens
look_around() {
  local clone=$place/$1 port=5099 page=
  make --no-print-directory -C "$clone" VENV=.venv dev || fail "$1: make dev failed"
  (cd "$clone" && .venv/bin/pytest -n auto --dist loadscope --no-loadscope-reorder tests --ignore tests/integration) || fail "$1: tests failed"
  (cd "$clone" && .venv/bin/kedro viz build >/dev/null 2>&1) || fail "$1: kedro viz build failed"
  (cd "$clone" && exec .venv/bin/mlflow ui --backend-store-uri sqlite:///mlflow.db --workers 1 --port $port) &
  local server=$!
  for _ in {1..180}; do
    sleep 1
    page=$("$clone/.venv/bin/python" -c "
from urllib.request import urlopen
print(urlopen('http://127.0.0.1:$port/').read().decode())" 2>/dev/null) && break
  done
  kill $server
  wait $server 2>/dev/null || true
  [[ $page == *'<title>MLflow</title>'* ]] || fail "$1: MLflow's page did not come"
  echo "door: $1: tests, graph and MLflow's page are fine"
}

case $how in
  quick)
    python=${PYTHON:-python3}
    read_lock old-pip "$python" "$OLD_PIP"
    read_lock new-pip "$python" pip
    open_door readme "$python"
    ;;
  full)
    mapfile -t found < <(pythons)
    ((${#found[@]})) || fail "no Python from 3.11 to 3.13 is found"
    for python in "${found[@]}"; do
      version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
      # older than Python 3.12, which it does not run on
      [[ $version != 3.11 ]] || open_door "$version-old-pip" "$python" "$OLD_PIP"
      open_door "$version-new-pip" "$python" pip
      look_around "$version-new-pip"
    done
    ;;
  *) fail "usage: door.sh [full]" ;;
esac
