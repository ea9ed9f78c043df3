#!/usr/bin/env bash
# Installs the peers of the collage benchmark that this machine lacks.
#
# A peer that cannot be installed is named, and the benchmark leaves it out. Versions are
# pinned, because a figure belongs to a version.
set -euo pipefail
cd "$(dirname "$0")/../.."

readonly SHARP_VERSION=0.35.5
readonly IMG2DATASET_VERSION=1.47.0
readonly TOOLS="$PWD/.twin/tools"

say() { printf '==> %s\n' "$*"; }

ensure_montage() {
    command -v montage >/dev/null && return
    if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
        say "installing Debian packages: imagemagick"
        DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends \
            imagemagick >/dev/null && return
    fi
    say "no ImageMagick: install Debian's package imagemagick to compare with montage"
}

ensure_sharp() {
    [ -d "$TOOLS/sharp/node_modules/sharp" ] && return
    if ! command -v npm >/dev/null; then
        say "no npm: install Node.js 20 or newer to compare with sharp"
        return
    fi
    say "installing sharp $SHARP_VERSION into .twin/tools"
    npm install --prefix "$TOOLS/sharp" --no-audit --no-fund --silent "sharp@$SHARP_VERSION" ||
        say "npm could not install sharp"
}

# It has its own environment, because it pins older versions than Airflow does.
ensure_img2dataset() {
    local python="$TOOLS/img2dataset/bin/python"
    if [ ! -x "$python" ]; then
        say "installing img2dataset $IMG2DATASET_VERSION into .twin/tools"
        uv venv --quiet --clear --python .venv/bin/python "$TOOLS/img2dataset"
    fi
    uv pip install --no-config --quiet --python "$python" "img2dataset==$IMG2DATASET_VERSION" ||
        { say "uv could not install img2dataset" && rm -rf "$TOOLS/img2dataset"; }
}

ensure_montage
ensure_sharp
ensure_img2dataset
