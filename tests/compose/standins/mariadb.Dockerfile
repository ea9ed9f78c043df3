# A stand-in for mysql:8.4 that is a MariaDB, behind the variables of the official image of MySQL.
FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends mariadb-server-core mariadb-client \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system mysql
COPY --chmod=755 mysql-entrypoint.sh /usr/local/bin/entrypoint
ENV FLAVOUR=mariadb
ENTRYPOINT ["entrypoint"]
