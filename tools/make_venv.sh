#!/bin/sh
# Make a virtual environment, or say in one line what is missing.
#   tools/make_venv.sh PYTHON DIRECTORY
set -eu
python=$1
venv=$2

command -v "$python" >/dev/null 2>&1 || {
  echo "Gainful needs Python 3.11 or later, and '$python' is not there. Try: apt-get install python3 python3-venv" >&2
  exit 1
}
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
  echo "Gainful needs Python 3.11 or later; '$python' is $("$python" -V 2>&1). Name another one: make PYTHON=python3.12 demo" >&2
  exit 1
}
# Debian and Ubuntu ship venv without ensurepip until python3-venv is installed.
"$python" -c 'import ensurepip, venv' 2>/dev/null || {
  echo "Python's venv module is missing. Install it with: apt-get install python3-venv" >&2
  exit 1
}
[ -x "$venv/bin/python" ] || "$python" -m venv "$venv"
