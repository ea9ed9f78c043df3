#!/usr/bin/env bash
# Lets an older version of the function work again; `make rollback` runs it (docs/deploy.md).
exec "$(dirname "$0")/release.sh" rollback "$@"
