"""Packs of covers: ZIPs in the temp bucket, from which covers come again when their URLs are dead.

- `spool`: covers on disk that are not packed yet.
- `archive`: the ZIP itself.
- `description`: what a pack's object says about itself.
- `day_index`: the packs of the last days, from the indexes of runs and of days.
- `chunk_packs`: which packs may have covers of which chunks.
- `members`: the names of covers in a pack.
"""
