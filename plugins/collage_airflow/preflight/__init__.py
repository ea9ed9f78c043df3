"""Every reason why a run could not succeed, found before it begins.

Each probe tells what is wrong in one line that names the thing, its value and how to fix it, and
leaves no trace. What is asked:

- `params`: the params of the run.
- `database`: whether it lets a task in, and gives the SQL its columns.
- `covers`: whether the columns hold what `CoversTable` says.
- `aws`: the AWS connection, and what an error of AWS means.
- `buckets`: whether they are there, and allow what a run does.
- `run`: whether the run's names are free, and whether it can still be repeated.
- `queue`: whether it is there.

With what:

- `problem`: what is wrong, as one line for a person.
- `bucket_access`: which rights on a bucket are missing.
- `table_sample`: types and a few values of the columns.
- `updated_at`: whether the time column holds what is said of it.
- `time_values`: what the values of a time column say about themselves.
- `time_zones`: whether the server knows the zones that the SQL names.
"""
