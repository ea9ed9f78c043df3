# A stand-in for apache/airflow:3.3.1-python3.12: Airflow of our lock, run by user 50000 of group 0.
FROM python:3.12-slim-bookworm
RUN apt-get update \
    && apt-get install -y --no-install-recommends gcc libc6-dev libmariadb-dev pkg-config curl \
    && rm -rf /var/lib/apt/lists/*
RUN pip install --no-cache-dir uv==0.13.8
ENV UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy UV_CACHE_DIR=/var/cache/uv \
    UV_PROJECT_ENVIRONMENT=/home/airflow/.local
WORKDIR /build
COPY pyproject.toml uv.lock ./
RUN --mount=type=cache,target=/var/cache/uv \
    uv sync --frozen --no-dev --all-extras --group local --no-install-project
COPY --chmod=755 tests/compose/standins/airflow-entrypoint.sh /entrypoint
RUN useradd --uid 50000 --gid 0 --home-dir /home/airflow airflow \
    && install -d -o airflow -g 0 -m 775 \
        /opt/airflow /opt/airflow/dags /opt/airflow/logs /opt/airflow/plugins
ENV AIRFLOW_HOME=/opt/airflow PATH=/home/airflow/.local/bin:$PATH
WORKDIR /opt/airflow
USER 50000
ENTRYPOINT ["/entrypoint"]
