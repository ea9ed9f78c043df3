#!/usr/bin/env bash
# Installs Chromium, which `make oddities` asks how odd pictures look, if this machine lacks it.
set -euo pipefail
cd "$(dirname "$0")/../.."

command -v chromium >/dev/null || command -v chromium-browser >/dev/null && exit
if ! command -v apt-get >/dev/null; then
    echo "oddities: install Chromium with your package manager, then try again" >&2
    exit 1
elif [ "$(id -u)" -ne 0 ]; then
    echo "oddities: run this, then try again: sudo apt-get install chromium" >&2
    exit 1
fi
echo "==> installing Debian packages: chromium"
mkdir -p .twin/tools
local/debian_packages.sh chromium >.twin/tools/chromium.log 2>&1 || {
    echo "oddities: apt-get could not install chromium; see .twin/tools/chromium.log" >&2
    exit 1
}
