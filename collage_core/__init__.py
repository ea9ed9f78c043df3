"""The domain: cover rows in, collages and books out. It needs neither AWS nor Airflow.

The folders are layers: `make check` refuses an import of a higher one by a lower one.

- `__main__`: `python -m collage_core`, which is a part of the command.
- `settings`: the environment variables that Airflow and Lambda share.
- `budget`: limits how much of something (bytes, pixels) threads use at the same time.
- `errors`: the exceptions for broken contracts. Bad data is a `Reason`, not an exception.
"""

__version__ = "0.1.0"
