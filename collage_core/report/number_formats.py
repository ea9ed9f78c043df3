"""Numbers as people read them on pages."""

from collections.abc import Callable, Mapping
from typing import Final

_NONE = "—"
_UNITS = ("B", "kB", "MB", "GB", "TB")


def number(value: float | None) -> str:
    """For example 1,234,567 and 0.25."""
    if value is None:
        return _NONE
    return f"{value:,.0f}" if value == int(value) else f"{value:,.2f}"


def counted(count: int | None, what: str) -> str:
    """For example 1 creator, 1,234 creators and — creators."""
    return f"{number(count)} {what}{'s' * (count != 1)}"


def percent(share: float | None) -> str:
    """For example 12.3% of 0.1234. Only nothing is 0%, and only all of it is 100%."""
    if share is None:
        return _NONE
    if 0 < share < 0.001:
        return "<0.1%"
    if 0.999 < share < 1:
        return ">99.9%"
    return f"{share * 100:.1f}".removesuffix(".0") + "%"


def share(part: float, whole: float) -> str:
    """A part of a whole as `percent`."""
    return percent(part / whole if whole else None)


def usd(dollars: float | None) -> str:
    """For example 12.30 USD; less than a dollar has four decimals."""
    if dollars is None:
        return _NONE
    return f"{dollars:,.2f} USD" if dollars >= 1 else f"{dollars:.4f} USD"


def duration(seconds: float | None) -> str:
    """For example 1 h 2 min, 1 min 33 s, and 4.2 s."""
    if seconds is None:
        return _NONE
    if seconds < 60:
        return f"{seconds:.1f}".removesuffix(".0") + " s"
    minutes, left = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {left} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours:,} h {minutes} min"


def size(many: float | None) -> str:
    """Bytes, for example 1.2 MB."""
    if many is None:
        return _NONE
    unit = 0
    while many >= 999.5 and unit < len(_UNITS) - 1:
        many, unit = many / 1000, unit + 1
    return f"{many:.1f}".removesuffix(".0") + f" {_UNITS[unit]}"


FORMATS: Final[Mapping[str, Callable[..., str]]] = {
    "number": number,
    "counted": counted,
    "percent": percent,
    "share": share,
    "usd": usd,
    "seconds": duration,
    "size": size,
}
"""By the names that templates have for them."""
