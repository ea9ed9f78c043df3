#!/usr/bin/env bash
# Lets an older version of the function work again; `make rollback` runs it (docs/deploy.md).
set -euo pipefail
cd "$(dirname "$0")/.."
if [ ! -x .venv/bin/python ]; then
    echo "there is no .venv: run \`make setup\` first" >&2
    exit 1
fi
# Where `make setup` puts uv on a machine that has none.
PATH="$PATH:$PWD/.twin/tools/uv/bin" exec .venv/bin/python -m deploy.release rollback "$@"
