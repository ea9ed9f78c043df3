"""Packs of covers: ZIPs in the temp bucket, from which covers come again when their URLs are dead.

- `spool`: covers on disk that are not packed yet.
- `archive`: the ZIP itself.
- `description`: what a pack's object says about itself.
- `members`: the names of covers in a pack.
- `without`: a pack without the covers of one creator.
"""
