"""The memory of pictures: a limit for all threads together, and returning what is free."""

import ctypes
from contextlib import suppress

from collage_core.budget import Budget

MAX_DECODING_BYTES = 150_000_000
"""Memory that the decoding of covers may take, of all threads together. It allows JPEGs of 30
megapixels and PNGs of 12; a PNG file of 100 KB can declare 900."""

MMAP_THRESHOLD_BYTES = 2 * 1024 * 1024
"""A larger block is mapped on its own, page by page, which takes time. Blocks that are allocated
often are smaller: cells, and usual covers as libjpeg reduces them (1.6 MB for 1080x1440)."""

TRIM_THRESHOLD_BYTES = 8 * 1024 * 1024
"""Free memory at the end of a heap that is kept, so that the memory of one decoded cover is used
for the next one. If it is returned, the system must clear it page by page again: 530 pages and a
tenth of the time for a cover of 1080x1440."""

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # of <malloc.h>

decoding_memory = Budget(MAX_DECODING_BYTES)
"""Of the whole process, as its memory is."""


def configure_malloc() -> None:
    """Make glibc return each large block of this process to the system when it is freed.

    glibc does so at first, but its threshold grows with the first large blocks that are freed, and
    then each thread keeps such memory. A chunk of large covers would take twice the memory in use:
    420 MB instead of 200. A threshold that is set explicitly does not grow. Other C libraries have
    neither this call nor this behaviour.
    """
    with suppress(AttributeError):
        library = ctypes.CDLL(None)
        library.mallopt(_M_MMAP_THRESHOLD, MMAP_THRESHOLD_BYTES)
        library.mallopt(_M_TRIM_THRESHOLD, TRIM_THRESHOLD_BYTES)


def trim_heap() -> None:
    """Return the smaller blocks that are free now to the system, too.

    On its own, glibc returns only free blocks at the end of a heap. This takes a few milliseconds,
    and more if such memory is soon needed again.
    """
    with suppress(AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
