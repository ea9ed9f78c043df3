# A stand-in for mysql:8.4: the MySQL that local/mysql_server.sh unpacks, with MariaDB's client.
FROM cover-collage-test/debian
RUN apt-get update \
    && apt-get install -y --no-install-recommends mariadb-client \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system mysql
COPY --from=server . /opt/mysql/
RUN ln -s /opt/mysql/mysqld /usr/local/bin/mysqld
COPY --chmod=755 mysql-entrypoint.sh /usr/local/bin/entrypoint
ENV SERVER=mysql
ENTRYPOINT ["entrypoint"]
