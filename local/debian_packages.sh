#!/usr/bin/env bash
# Installs Debian packages for setup.sh without starting their servers.
#
# Installing a server's package normally starts the server, and for PostgreSQL creates a
# cluster too. The twin has its own servers and data, so two files prevent both during the
# installation. They must not stay, or no service of this machine would ever start again. A
# RETURN trap is not enough, because bash does not run it on `exit` or Ctrl-C.
set -euo pipefail

# This line marks a file as ours, so that one that a `kill -9` left behind is removed in the
# end. The administrator or a Debian image may have a policy-rc.d too, which is left alone.
readonly MARK="# Written by Cover Collage's local/debian_packages.sh until its packages are installed."
readonly ROOT="${DESTDIR:-}" # the tests use another one

held=()
trap 'rm -f "${held[@]}"' EXIT

hold() {
    local path="$ROOT$1" mode=$2 text=$3
    [ ! -e "$path" ] || grep -qxF "$MARK" "$path" || return 0
    held+=("$path")
    mkdir -p "$(dirname "$path")"
    printf '%s\n' "$text" >"$path"
    chmod "$mode" "$path"
}

hold /usr/sbin/policy-rc.d 755 "#!/bin/sh
$MARK
exit 101"
hold /etc/postgresql-common/createcluster.d/no-cluster.conf 644 "$MARK
create_main_cluster = false"

export DEBIAN_FRONTEND=noninteractive
install=(apt-get install -qq -y --no-install-recommends "$@")
# Package lists are fetched only if this machine's are old or missing.
"${install[@]}" || { apt-get update -qq && "${install[@]}"; }
