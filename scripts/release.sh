#!/usr/bin/env bash
# What the other scripts run: a command of deploy/release, with the Python of this checkout.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ ! -x .venv/bin/python ]; then
    echo "there is no .venv: run \`make setup\` first" >&2
    exit 1
fi
# Where `make setup` puts uv on a machine that has none.
PATH="$PATH:$PWD/.twin/tools/uv/bin" exec .venv/bin/python -m deploy.release "$@"
