"""What a DAG run asks for, and what its run is called.

- `identity`: the names of the run that belongs to a DAG run.
- `schedules`: the schedules of all DAGs, side by side.
- `request`: everything a DAG run asks for: names, window, and how to make the collages.
- `conf`: checks the conf of a triggered run for keys that mean nothing.
- `window`: the time window of the covers.
- `state`: what a repeated `extract` keeps of a run, and when the run is finished.
"""
