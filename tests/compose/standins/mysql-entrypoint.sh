#!/usr/bin/env bash
# Makes the data as the official entrypoint does, as far as our compose file uses it: a server
# without TCP executes /docker-entrypoint-initdb.d/*.sql, and then the real one starts.
set -euo pipefail
data=/var/lib/mysql
socket=/var/run/mysqld/mysqld.sock
if [ "$(id -u)" = 0 ]; then
    install -d -o mysql -g mysql "$data" /var/run/mysqld /var/lib/mysql-files
    exec setpriv --reuid=mysql --regid=mysql --init-groups "$0" "$@"
fi
server=("$@" --datadir="$data" --socket="$socket" --user=mysql)
if [ "$FLAVOUR" = mariadb ]; then
    server[0]=mariadbd
    install=(mariadb-install-db --no-defaults --datadir="$data" --skip-test-db
        --auth-root-authentication-method=normal)
else
    server=("${server[@]}" --mysqlx=OFF)
    install=("${server[@]}" --initialize-insecure)
fi
if [ ! -d "$data/mysql" ]; then
    "${install[@]}"
    "${server[@]}" --skip-networking &
    first=$!
    client=(mysql --no-defaults --user=root --socket="$socket" --comments)
    until "${client[@]}" --execute='SELECT 1' >/dev/null 2>&1; do
        kill -0 "$first"
        sleep 0.2
    done
    for file in /docker-entrypoint-initdb.d/*.sql; do
        echo "executing $file"
        "${client[@]}" <"$file"
    done
    "${client[@]}" --execute="ALTER USER root@localhost IDENTIFIED BY '$(tr -dc a-f0-9 </dev/urandom | head -c 32)'"
    kill "$first"
    wait "$first"
fi
exec "${server[@]}" --bind-address=0.0.0.0
