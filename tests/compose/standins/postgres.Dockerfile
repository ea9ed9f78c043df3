# A stand-in for postgres:17: Debian's PostgreSQL, behind the variables of the official image.
FROM debian:bookworm-slim
RUN mkdir -p /etc/postgresql-common/createcluster.d \
    && echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.d/none.conf \
    && apt-get update \
    && apt-get install -y --no-install-recommends postgresql \
    && rm -rf /var/lib/apt/lists/* \
    && ln -s /usr/lib/postgresql/*/bin/* /usr/local/bin/
COPY --chmod=755 postgres-entrypoint.sh /usr/local/bin/entrypoint
ENV PGDATA=/var/lib/postgresql/data
ENTRYPOINT ["entrypoint"]
STOPSIGNAL SIGINT
