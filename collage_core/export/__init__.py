"""Covers from a database to a CSV on S3, over a cursor that the caller passes in.

- `covers`: the covers of one run to its CSV, in one pass.
- `rows`: the rows of a cursor, in batches.
- `csv_writer`: rows to the bytes of a CSV, and its chunks.
- `cover_json`: the URL in a cover column that holds JSON.
"""
