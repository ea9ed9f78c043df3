"""How long a server asks to be left alone."""

from email.utils import parsedate_to_datetime


def retry_after(value: str, *, now: float) -> float:
    """Seconds by a Retry-After header, RFC 9110, section 10.2.3; 0 when it asks for nothing.

    `now`: seconds since 1970.
    """
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        return max(parsedate_to_datetime(value).timestamp() - now, 0.0)
    except (ValueError, OverflowError):
        return 0.0
