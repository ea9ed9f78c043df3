"""A run of 1,000 chunks sent and waited for: the product beside the usual ways.

`__main__` is the command line, `report` the tables. `polls` counts the requests of a look at the
run, `sending` those of dispatch and its time: both race programs of `contenders/`, whose figures
`counted_race` reads. `dag_runs` has a real Airflow run two DAGs of `dags/`, with `metadata` (what
is in its database), `processes` (the CPU time of its programs) and `stand_in_workers`; `growth` is
the straight line through two sizes. `planned_run` is the load, `servers` the embedded AWS and
Airflow.
"""
