"""The names of things in the buckets.

- `keys`: every S3 key of the system. No other module builds a key.
- `creator_names`: encodes a creator's name for keys and file names.
- `schedule`: the CSV name and the second that keep runs of different DAGs distinct.
"""
