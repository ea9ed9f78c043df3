"""How much may be in a pack."""

PACK_BYTES = 64 * 1024 * 1024
"""Covers in a pack, at most. A worker's disk holds twice as much: what is being put, and what comes
meanwhile."""

MOST_COVERS = 10_000
"""Covers in a pack, at most: a ZIP can have 65,535 members."""

MOST_COVER_BYTES = 15 * 1024 * 1024
"""The size of one cover, as large as an answer from the web may be."""
