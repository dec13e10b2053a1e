#!/usr/bin/env bash
# Runs uv, told to use the virtual environment VENV and its Python: the machine's own uv where it reads this project's
# lock, else a pinned one that pip puts into VENV (2 seconds).
# usage: uv.sh VENV ARGUMENTS...
set -euo pipefail
cd "$(dirname "$0")/.."
venv=${1:?usage: uv.sh VENV ARGUMENTS...}
shift
PINNED=0.13.9

export UV_PROJECT_ENVIRONMENT=$venv UV_PYTHON=$venv/bin/python UV_PYTHON_DOWNLOADS=never
unset VIRTUAL_ENV

# to export the lock is to read all of it; the shims of pyenv and asdf are there and fail
reads_lock() { "$1" export --frozen --quiet --no-emit-project >/dev/null 2>&1; }

uv=$venv/bin/uv
if [[ ! -x $uv ]]; then
  if [[ -z ${NO_SYSTEM_UV:-} ]] && command -v uv >/dev/null && reads_lock uv; then
    uv=uv
  else
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check "uv==$PINNED"
  fi
fi
exec "$uv" "$@"
