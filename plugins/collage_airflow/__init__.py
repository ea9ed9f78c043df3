"""Airflow's half of the product: one operator per task, and what the operators share.

- `params`: the fields of the trigger form.
- `settings`: the shared settings, and the names of the connections.
- `retries`: which failures of a task are retried.
- `assets`: the assets that these DAGs update.
- `aws`: AWS clients from Airflow's connection.
"""
