"""An estimate with its formula and its assumptions, in lines for people."""

import math

from collage_core.run.estimate import SECONDS_TO_START, SECONDS_UNTIL_SEEN, Estimate


def duration(seconds: float) -> str:
    """Such as "37 s", "5 min", "2 h 05 min", "12 hours" or "3 days", rounded up."""
    if seconds < 100:
        return f"{math.ceil(seconds)} s"
    minutes = math.ceil(seconds / 60)
    if minutes < 100:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    if rest:
        return f"{hours} h {rest:02} min"
    return f"{hours} hours" if hours % 24 or hours < 48 else f"{hours // 24} days"


def count(number: int, what: str) -> str:
    """Such as "1 chunk" or "1,007 chunks"."""
    return f"{number:,} {what}{'s' * (number != 1)}"


def formula(expected: Estimate) -> str:
    """How the duration and the billed time came about, and where the rates are from."""
    if not expected.chunks:
        return "No chunks: nothing to do"
    rates = expected.rates
    billed = (
        f"{count(expected.covers, 'cover')} x {expected.seconds_per_cover * 1000:.1f} ms + "
        f"{count(expected.chunks, 'chunk')} x {rates.seconds_per_chunk:.1f} s = "
        f"{expected.lambda_seconds:,.0f} s of the function, {expected.gb_seconds:,.0f} GB-seconds"
    )
    one = expected.lambda_seconds / expected.chunks
    lasts = (
        f"{SECONDS_TO_START:.0f} s until the queue has handed over and the function has started + "
        f"{count(expected.rounds, 'chunk')} one after the other x {one:.1f} s, with "
        f"{count(expected.workers, 'worker')} + up to {SECONDS_UNTIL_SEEN:.0f} s until wait looks"
    )
    failed = f"; {rates.failed_share:.1%} of them failed" * (rates.failed_share > 0)
    return f"{billed}. It lasts {lasts}. Rates: {rates.source}{failed}"
