# A stand-in for python:3.12-slim-bookworm: Debian, with the CPython of this machine in /usr/local.
FROM debian:bookworm-slim
COPY . /usr/local/
RUN apt-get update \
    && apt-get install -y --no-install-recommends libbz2-1.0 libexpat1 libffi8 liblzma5 \
        libncursesw6 libreadline8 libsqlite3-0 libssl3 libuuid1 tzdata zlib1g \
    && rm -rf /var/lib/apt/lists/* \
    && ldconfig \
    && python3.12 -m ensurepip \
    && ln -sf python3.12 /usr/local/bin/python && ln -sf pip3 /usr/local/bin/pip
