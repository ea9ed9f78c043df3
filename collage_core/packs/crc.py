"""The CRC-32 of bytes that follow each other, from those of its parts: nobody reads them again."""

import zlib
from collections.abc import Sequence
from functools import cache

type _Step = Sequence[Sequence[int]]
"""What a CRC becomes: the XOR of what stands here for its four bytes, the lowest first."""


def joined_crc(first: int, second: int, second_size: int) -> int:
    """The CRC-32 of some bytes and `second_size` more, from the CRC-32 of either.

    As zlib's `crc32_combine`, which Python does not have: a CRC is linear, so the first one is
    taken on over as many zero bytes, in steps of powers of two.
    """
    for power in range(second_size.bit_length()):
        if second_size >> power & 1:
            first = _after(_zeros(power), first)
    return first ^ second


def _after(step: _Step, crc: int) -> int:
    a, b, c, d = step
    return a[crc & 255] ^ b[crc >> 8 & 255] ^ c[crc >> 16 & 255] ^ d[crc >> 24]


@cache
def _zeros(power: int) -> _Step:
    """The step over 2**power zero bytes."""
    if power == 0:
        bits = [zlib.crc32(b"\0", 1 << bit) ^ zlib.crc32(b"\0") for bit in range(32)]
    else:
        half = _zeros(power - 1)
        bits = [_after(half, _after(half, 1 << bit)) for bit in range(32)]
    return [_sums(bits[at : at + 8]) for at in range(0, 32, 8)]


def _sums(bits: Sequence[int]) -> Sequence[int]:
    """For each byte, the XOR of what belongs to its bits."""
    sums = [0]
    for bit in bits:
        sums += [bit ^ other for other in sums]
    return sums
