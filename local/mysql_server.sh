#!/usr/bin/env bash
# Puts a real MySQL (8.0.22 or newer) into .twin/tools/mysql, for the tests; `make test` runs it.
#
# Debian's stable releases have only MariaDB; MySQL is in unstable. So the server and the
# libraries that it was built against, libc included, are unpacked into a separate folder and
# run by the loader of that libc. apt uses a separate state for this, which leaves the system's
# package lists unchanged, and checks Debian's signatures. About 60 MB are downloaded.
#
# The pipeline does not need it: where it cannot be installed, one line says so and the tests
# on MySQL are skipped.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly HOME_DIR="$PWD/.twin/tools/mysql"
readonly KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

skip() {
    printf '==> no MySQL for the tests (%s): those on MySQL are skipped\n' "$*"
    exit 0
}

[ -x "$HOME_DIR/mysqld" ] && exit 0
[ -z "${MYSQLD:-}" ] || exit 0 # the caller has one
mysqld --version 2>/dev/null | grep -qvi mariadb && exit 0 # MariaDB's server has that name too
command -v apt-get >/dev/null && [ -r "$KEYRING" ] && [ "$(dpkg --print-architecture)" = amd64 ] ||
    skip "this is not Debian on amd64"

work="$HOME_DIR.new"
log="$PWD/.twin/tools/mysql.log"
rm -rf "$work"
trap 'rm -rf "$work"' EXIT
mkdir -p "$work"/apt/{lists/partial,archives/partial,etc} "$work/root/usr/lib"
touch "$work/apt/status"

private_apt() {
    local options=(
        -o Dir::Etc="$work/apt/etc" -o Dir::Etc::SourceList="$work/apt/sources.list"
        -o Dir::State="$work/apt" -o Dir::State::Status="$work/apt/status"
        -o Dir::Cache="$work/apt" -o Dir::Cache::Archives="$work/apt/archives"
        -o APT::Sandbox::User= -o Debug::NoLocking=true
        -o APT::Install-Recommends=false -o Acquire::Languages=none
        -o Acquire::Retries=1 -o Acquire::http::Timeout=10
    )
    apt-get -qq -y "${options[@]}" "$@" >>"$log" 2>&1
}

printf '==> unpacking MySQL from Debian unstable into .twin/tools, for the tests\n'
: >"$log"
# From the mirror that this machine gets its packages from.
mirror=$(apt-get update --print-uris 2>>"$log" |
    sed -n "s|^'\(.*\)/dists/[^/]*/InRelease'.*|\1|p" | grep -v security | head -n 1 || true)
[ -n "$mirror" ] || skip "apt has no sources"
echo "deb [signed-by=$KEYRING] $mirror sid main" >"$work/apt/sources.list"
private_apt update --error-on=any || skip "no package list of Debian unstable, see $log"
private_apt --download-only install mysql-server-core || skip "no package, see $log"

# As on a system whose /lib is /usr/lib: packages use both names.
for folder in bin lib lib64 sbin; do
    mkdir -p "$work/root/usr/$folder"
    ln -s "usr/$folder" "$work/root/$folder"
done
for package in "$work"/apt/archives/*.deb; do
    case ${package##*/} in
    perl* | libperl*) ;; # for scripts that are not used here
    *) dpkg-deb --fsys-tarfile "$package" | tar -x --keep-directory-symlink -C "$work/root" ;;
    esac
done
rm -rf "$work/apt"

cat >"$work/mysqld" <<'WRAPPER'
#!/bin/sh
root=$(dirname "$(readlink -f "$0")")/root
exec "$root/lib64/ld-linux-x86-64.so.2" --library-path "$root/usr/lib/x86_64-linux-gnu" \
    "$root/usr/sbin/mysqld" "$@" --basedir="$root/usr"
WRAPPER
chmod +x "$work/mysqld"
"$work/mysqld" --version >>"$log" 2>&1 || skip "it does not run here, see $log"
rm -rf "$HOME_DIR"
mv "$work" "$HOME_DIR"
