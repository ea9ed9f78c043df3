#!/usr/bin/env bash
# Installs what the project needs and this machine lacks; `make setup` runs it.
#
# It needs no home directory and no cache, asks no questions, and takes about a second when
# nothing is missing. Programs come from Debian's packages, everything else goes to .venv and
# .twin/tools.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly UV_VERSION=0.13.8
readonly TOOLS="$PWD/.twin/tools"

say() { printf '==> %s\n' "$*"; }
fail() {
    printf 'setup: %s\n' "$*" >&2
    exit 1
}
have() { PATH="$PATH:/usr/sbin:/sbin" command -v "$1" >/dev/null 2>&1; }

missing_packages() {
    have mariadbd && have mariadb-install-db || echo mariadb-server-core
    have my_print_defaults || echo mariadb-client-core # mariadb-install-db calls it
    have postgres || compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null || echo postgresql
    # mysqlclient has no wheel for Linux: it is compiled once, in seconds.
    have gcc || echo gcc libc6-dev
    have pkg-config || echo pkg-config
    have mariadb_config || echo libmariadb-dev
    have make || echo make
    have uv || [ -x "$TOOLS/uv/bin/uv" ] || python3 -c 'import ensurepip' 2>/dev/null || echo python3-venv
}

ensure_packages() {
    local packages
    mapfile -t packages < <(missing_packages)
    [ ${#packages[@]} -eq 0 ] && return
    read -ra packages <<<"${packages[*]}"
    have apt-get || fail "install these with your package manager, then try again (Debian's names): ${packages[*]}"
    [ "$(id -u)" -eq 0 ] || fail "run this, then try again: sudo apt-get install --no-install-recommends ${packages[*]}"
    say "installing Debian packages: ${packages[*]}"
    local log="$TOOLS/apt.log"
    mkdir -p "$TOOLS"
    local/debian_packages.sh "${packages[@]}" >"$log" 2>&1 ||
        fail "apt-get could not install ${packages[*]}; see $log"
}

ensure_uv() {
    if ! have uv; then
        if [ ! -x "$TOOLS/uv/bin/uv" ]; then
            say "installing uv $UV_VERSION into .twin/tools"
            python3 -m venv "$TOOLS/uv"
            "$TOOLS/uv/bin/pip" install --quiet --disable-pip-version-check "uv==$UV_VERSION"
        fi
        PATH="$TOOLS/uv/bin:$PATH"
    fi
}

find_python() {
    local candidate
    for candidate in "$(uv python find --no-project 3.12 2>/dev/null)" \
        "${PYENV_ROOT:-${HOME:-/nonexistent}/.pyenv}"/versions/3.12.*/bin/python; do
        [ -x "$candidate" ] && "$candidate" --version >/dev/null 2>&1 && break
        candidate=
    done
    if [ -z "$candidate" ] && uv python install --quiet 3.12; then
        candidate=$(uv python find --no-project 3.12)
    fi
    [ -n "$candidate" ] || fail "Python 3.12 is not installed and could not be downloaded: install it, then try again"
    echo "$candidate"
}

ensure_environments() {
    if ! .venv/bin/python --version 2>/dev/null | grep -q '^Python 3\.12\.'; then
        local python
        python=$(find_python)
        say "making .venv with $("$python" --version)"
        uv venv --quiet --clear --python "$python" .venv
    fi
    uv sync --quiet --frozen --all-extras
    if [ ! -x "$TOOLS/ministack/bin/python" ]; then
        say "installing ministack, the embedded AWS, into .twin/tools"
        uv venv --quiet --clear --python .venv/bin/python "$TOOLS/ministack"
    fi
    # --no-config: the date in pyproject.toml is for resolving Airflow, not for this.
    uv pip sync --no-config --quiet --require-hashes --python "$TOOLS/ministack/bin/python" \
        local/ministack/requirements.txt
}

ensure_packages
ensure_uv
ensure_environments
