"""Packs of covers: ZIPs in the temp bucket, from which covers come again when their URLs are dead.

- `keeper`: all that the engine asks for: finds covers in packs, and packs those that are fetched.
- `reader`: finds covers in the packs that a chunk may look into.
- `opened`: reads packs, and gives up one that is not as it should be.
- `stretches`: wanted covers that are neighbours in a pack, and are read together.
- `stretch_files`: keeps on disk what was read, within a bound, until its covers are taken.
- `directory`: the list of what is in a pack, which is not trusted.
- `writer`: writes the packs of a chunk.
- `spool`: covers on disk that are not packed yet.
- `archive`: the ZIP itself.
- `crc`: the CRC-32 of a pack, from those of its covers.
- `description`: what a pack's object says about itself.
- `limits`: how much may be in a pack.
- `day_index`: the packs of the last days, from the indexes of runs and of days.
- `chunk_packs`: which packs may have covers of which chunks.
- `merging`: writes the covers of many packs into few.
- `members`: the names of covers in a pack.
- `without`: a pack without the covers of one creator.
"""
