"""What a DAG run asks for, and the names of its run.

- `identity`: the names of the run that belongs to a DAG run.
- `schedules`: the schedules of all DAGs, side by side.
- `request`: everything a DAG run asks for: names, window, and how to make the collages.
- `conf`: checks the conf of a triggered run for keys that mean nothing.
- `window`: the time window of the covers.
"""
