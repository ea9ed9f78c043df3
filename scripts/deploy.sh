#!/usr/bin/env bash
# Makes this checkout what works in an environment; `make deploy` runs it (docs/deploy.md).
exec "$(dirname "$0")/release.sh" deploy "$@"
