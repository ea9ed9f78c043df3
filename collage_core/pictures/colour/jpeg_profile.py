"""The ICC profile of a JPEG, which may come in several segments (ICC.1:2022, B.4)."""

from collections.abc import Iterable

_MARK = b"ICC_PROFILE\0"
_HEADER_BYTES = len(_MARK) + 2  # the number of the segment, from 1, and how many there are


def joined_profile(segments: Iterable[tuple[str, bytes]]) -> bytes | None:
    """The profile in a JPEG's segments, as Pillow lists them; None if there is no complete one.

    Pillow itself drops a profile if a segment comes twice, or after the frame's header.
    """
    parts: dict[int, bytes] = {}
    for kind, data in segments:
        if kind == "APP2" and data.startswith(_MARK) and len(data) > _HEADER_BYTES:
            parts.setdefault(data[len(_MARK)], data)
    if not parts:
        return None
    count = next(iter(parts.values()))[len(_MARK) + 1]
    if parts.keys() != set(range(1, count + 1)):
        return None
    return b"".join(parts[number][_HEADER_BYTES:] for number in sorted(parts))
