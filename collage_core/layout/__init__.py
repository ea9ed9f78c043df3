"""The names of things in the buckets.

- `keys`: every S3 key of the system. No other module builds a key.
- `update_names`: names that are almost that of a CSV with fresh URLs.
- `creator_names`: encodes a creator's name for keys and file names.
- `creator_objects`: the keys of a creator's objects by their kind, and the folders of each kind.
- `creator_files`: which creator, run and kind a key belongs to.
- `alike`: names that people take for each other.
- `schedule`: the CSV name and the second that keep runs of different DAGs distinct.
"""
