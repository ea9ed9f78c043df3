"""The programs that are measured: each writes the same rows to one CSV, in its own way.

`ours` runs the extract task, which `airflow_task` loads from the DAG. Its peers are `sql_to_s3`,
`pandas_script` and `cursor_script`; `script` has what these share.
"""
