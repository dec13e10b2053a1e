#!/usr/bin/env bash
# Installs what is missing: Debian's packages (as root; else it says which), then Python's in the versions of uv.lock.
# usage: setup.sh VENV [GROUP OR EXTRA, as uv sync takes them]
set -euo pipefail
cd "$(dirname "$0")/.."
venv=${1:?usage: setup.sh VENV [--group dev] [--extra gpu]}
shift

packages=(git python3-venv tesseract-ocr tesseract-ocr-kor tesseract-ocr-eng tesseract-ocr-rus tesseract-ocr-osd
  fonts-nanum fonts-dejavu-core fonts-liberation libfreetype6)
missing=()
if command -v dpkg-query >/dev/null; then
  for package in "${packages[@]}"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
else
  echo "This is not a Debian machine: please see to it that git, Tesseract 5 with kor, eng, rus and osd, and the Nanum and DejaVu fonts are there."
fi
if ((${#missing[@]})); then
  if [[ $(id -u) == 0 ]]; then
    echo "Installing ${missing[*]}"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
  else
    echo "These Debian packages are missing. Install them, then run the same command again:" >&2
    echo "  sudo apt-get install -y ${missing[*]}" >&2
    exit 1
  fi
fi

python=${PYTHON:-python3}
if [[ ! -x $venv/bin/python ]]; then
  "$python" - <<'PY' || { echo "Python 3.11, 3.12 or 3.13 is needed: set PYTHON=/path/to/python3.11" >&2; exit 1; }
import sys
raise SystemExit(not (3, 11) <= sys.version_info[:2] < (3, 14))
PY
  "$python" -m venv "$venv"  # not uv's own kind: it has no pip, and scripts/models.sh needs one
fi
echo "Installing the Python packages of uv.lock${*:+ ($*)}"
# inexact: what was asked for before, and torch of scripts/models.sh, stays
# rapid: trained weights for signs, English and orientation, 160 MiB; hwp: HWP and HWPX, 17 MB
bash scripts/uv.sh "$venv" sync --frozen --inexact --quiet --extra rapid --extra hwp --extra serve "$@"
