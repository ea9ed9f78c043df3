"""The ICC profile of a JPEG, which may come in several segments (ICC.1:2022, B.4)."""

from PIL import Image

_MARK = b"ICC_PROFILE\0"
_HEADER_BYTES = len(_MARK) + 2  # the number of the segment, from 1, and how many there are


def profile_of_jpeg(image: Image.Image) -> bytes | None:
    """The profile, or None without one that is whole.

    Pillow drops a profile of which a segment comes twice, or behind the frame's header.
    """
    profile: bytes | None = image.info.get("icc_profile")
    if profile:
        return profile
    segments: dict[int, bytes] = {}
    for kind, data in getattr(image, "applist", ()):
        if kind == "APP2" and data.startswith(_MARK) and len(data) > _HEADER_BYTES:
            segments.setdefault(data[len(_MARK)], data)
    if not segments:
        return None
    count = next(iter(segments.values()))[len(_MARK) + 1]
    if segments.keys() != set(range(1, count + 1)):
        return None
    return b"".join(segments[number][_HEADER_BYTES:] for number in sorted(segments))
