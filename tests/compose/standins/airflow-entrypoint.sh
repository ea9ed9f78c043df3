#!/usr/bin/env bash
# What the official entrypoint does with the commands of our compose file.
set -euo pipefail
umask 0002
case "${1:-}" in
bash | python) exec "$@" ;;
*) exec airflow "$@" ;;
esac
