"""Months and days as people read them, and as addresses have them."""

from collage_core.run.months import first_second


def month_name(month: str) -> str:
    """For example "October 2026" of 202610."""
    return f"{first_second(month).moment:%B %Y}"


def dashed(period: str) -> str:
    """For example 2026-10 of 202610, and 2026-10-14 of 20261014."""
    return "-".join(part for part in (period[:4], period[4:6], period[6:]) if part)
