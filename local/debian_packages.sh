#!/usr/bin/env bash
# Installs Debian packages, for setup.sh, and lets none of them start its servers.
#
# Installing a server's package normally starts the server, and for PostgreSQL makes a
# cluster too. The twin keeps servers and data of its own, so both are held off while the
# packages are set up: by two files, which must not stay, or no service of this machine would
# ever start again. A RETURN trap would not do, as bash runs none on `exit` or Ctrl-C.
set -euo pipefail

# By this line a file that a `kill -9` left behind is known as ours, and goes in the end: the
# administrator, or an image of Debian, may have a policy-rc.d too, and theirs is let be.
readonly MARK="# Written by Cover Collage's local/debian_packages.sh until its packages are installed."
readonly ROOT="${DESTDIR:-}" # the tests have one of their own

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
# A machine's package lists may be old or not there at all: fetch them only then.
"${install[@]}" || { apt-get update -qq && "${install[@]}"; }
