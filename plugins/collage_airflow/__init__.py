"""Airflow's half of the product: one operator per task, and what the operators share.

- `collage_tasks`: the tasks of every DAG that makes collages or keeps covers, and their order.
- `dag_defaults`: what all DAGs share: retries, tags, the trigger form.
- `manual_form`: the trigger form of the manual DAG.
- `form_fields`: how the fields of a trigger form look.
- `run_prices`: what a dry run prices.
- `settings`: the shared settings, and the names of the connections.
- `retries`: which failures of a task are retried.
- `assets`: the assets that these DAGs update.
- `notifications`: who is told of a success, a failure and a late run; `scheduled_runs`: which runs
  can be late.
- `run_notes`: the note of a DAG run, on its page in Airflow.
- `stop_variable`: Airflow's Variable that stops runs.
- `aws`: hooks of AWS, from Airflow's connection.
- `run_links`: the addresses of these pages, for tasks that link to them.
- `run_page/`: the pages of runs in Airflow's web server.
- `approval/`: which runs ask a person, and what a person has approved.
"""
