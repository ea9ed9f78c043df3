"""The same stack in containers: what `docker-compose.yaml` runs in the image of `docker/`.

Postgres, MySQL and Airflow come as their official images. This package is the rest of the
stack: the embedded AWS and the cover server are the programs of the twin, and the set-up
fills the same table and creates the same account, with the same settings, policies and numbers.

- `__main__`: the command that each container starts with.
- `addresses`: the names and ports of the services, and where volumes are mounted.
- `memory`: refuses to start on a machine that is too small.
- `secret_files`: generates the passwords, and gives each service its own.
- `account`: fills the table, creates the account, and gives Airflow its connections.
"""
