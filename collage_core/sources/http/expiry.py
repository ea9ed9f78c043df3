"""When a signed URL expires."""

import re

_EXPIRES = re.compile(r"[?&]x-expires=([0-9]{1,15})(?=[&#]|$)")


def has_expired(url: str, *, now: float) -> bool:
    """Whether the `x-expires` of a TikTok URL is before `now`, both in seconds since 1970."""
    expires = _EXPIRES.search(url)
    return expires is not None and int(expires[1]) < now
