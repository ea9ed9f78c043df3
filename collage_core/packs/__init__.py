"""Packs of covers: ZIPs in the temp bucket, from which covers come again when their URLs are dead.

- `members`: the names of covers in a pack.
"""
