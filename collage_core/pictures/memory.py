"""The memory of pictures: a bound for all threads together, and getting back what is free."""

import ctypes
from contextlib import suppress

from collage_core.budget import Budget

MAX_DECODING_BYTES = 150_000_000
"""Memory that the decoding of covers may take, of all threads together. It allows JPEGs of 30
megapixels and PNGs of 12; a PNG file of 100 KB can declare 900."""

LARGE_BLOCK_BYTES = 2 * 1024 * 1024
"""From here on a block is mapped on its own, page by page, which takes time. What many come and
go of is smaller: cells, and usual covers as libjpeg reduces them (1.6 MB for 1080x1440)."""

KEPT_FREE_BYTES = 8 * 1024 * 1024
"""Free memory at the end of a heap that is kept: that of a cover as it was decoded serves the next
one. Given back, the system has to clear it page by page: 530 pages and a tenth of the time for a
cover of 1080x1440."""

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # of <malloc.h>

decoding_memory = Budget(MAX_DECODING_BYTES)
"""Of the whole process, as its memory is."""


def return_large_blocks() -> None:
    """Have each large block of this process returned to the system as soon as it is freed.

    glibc starts like this, but learns from the first large blocks that are freed to keep
    such memory, for each thread apart. A chunk of large covers then takes twice what is ever
    in use: 420 MB instead of 200. Setting the limit by hand ends the learning. Other C
    libraries have no such call and no such habit.
    """
    with suppress(AttributeError):
        library = ctypes.CDLL(None)
        library.mallopt(_M_MMAP_THRESHOLD, LARGE_BLOCK_BYTES)
        library.mallopt(_M_TRIM_THRESHOLD, KEPT_FREE_BYTES)


def return_free_blocks() -> None:
    """Have the smaller blocks returned too that are free now.

    By itself glibc returns only those after which nothing is in use any more. Takes a few
    milliseconds, and more when such memory is soon used again.
    """
    with suppress(AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
