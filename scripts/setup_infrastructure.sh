#!/usr/bin/env bash
# Makes what a new environment needs before it can be deployed (docs/deploy.md).
exec "$(dirname "$0")/release.sh" setup "$@"
