"""Finds everything that would make a run fail, before it begins.

Each probe reports a problem in one line that names the thing, its value and how to fix it. Probes
change nothing. What is checked:

- `params`: the params of the run.
- `database`: whether tasks can log in, and whether the SQL gives the right columns.
- `covers`: whether the columns contain what `CoversTable` says.
- `manual`: whether the CSV of a manual run can be used, and whether it has the creators named.
- `aws`: the AWS connection, and what an error of AWS means.
- `buckets`: whether they exist, and allow what a run does.
- `kept_covers`: whether the temp bucket's lifecycle leaves them for long enough.
- `run`: whether the run's names are free, and whether it can still be repeated.
- `keeping`: whether a run that only keeps covers would keep any.
- `function`: whether the function agrees with Airflow, on buckets, queue, settings and release.
- `queue`: whether it exists, and has the attributes that the workers need.
- `dead_letters`: whether its dead-letter queue may be redriven.
- `stopped`: whether Airflow's Variable stops the run.

What the checks use:

- `problem`: a problem, as one line for a person.
- `refusal`: ends the task in one line, without a traceback.
- `bucket_access`: which rights on a bucket are missing.
- `table_sample`: types and a few values of the columns.
- `updated_at`: whether the time column contains what `updated_at_holds` says.
- `time_values`: which `updated_at_holds` fits some values.
- `time_zones`: whether the server knows the zones that the SQL names.
"""
