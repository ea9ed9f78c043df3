"""How values are spread, so that percentiles can be given over any number of runs."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Annotated, Self

from msgspec import Meta, Struct

from collage_core.contract.fields import Positive

Value = Annotated[float, Meta(ge=0, lt=1e12)]

_DIGITS = 2


class Spread(Struct, frozen=True, kw_only=True):
    """The percentiles of a distribution, by nearest rank."""

    chunks: Positive
    """How many values there are, one for each chunk."""
    least: Value
    """The smallest one."""
    p50: Value
    """Half of the chunks have this value or a smaller one."""
    p95: Value
    """95% of the chunks have this value or a smaller one."""
    most: Value
    """The largest one."""


class Distribution(Struct, frozen=True):
    """Values with two significant digits, and how often each occurs.

    Rounding keeps it small: at most 90 values for each power of ten, however many are added. Each
    value is off by at most 5%. Distributions add up exactly, in any order.
    """

    values: Sequence[tuple[Value, Positive]]
    """Pairs of a value and how many chunks have it, the smallest value first."""

    @classmethod
    def of(cls, values: Iterable[float]) -> Self:
        """The distribution of these values."""
        return cls._of_counts(Counter(float(f"{value:.{_DIGITS}g}") for value in values))

    @classmethod
    def total(cls, parts: Iterable[Self]) -> Self:
        """The sum of any number of distributions."""
        counts: Counter[float] = Counter()
        for part in parts:
            counts.update(dict(part.values))
        return cls._of_counts(counts)

    @property
    def spread(self) -> Spread | None:
        """Its percentiles; None if there are no values."""
        ranked = list(Counter(dict(self.values)).elements())
        if not ranked:
            return None
        return Spread(
            chunks=len(ranked),
            least=ranked[0],
            p50=_percentile(ranked, 50),
            p95=_percentile(ranked, 95),
            most=ranked[-1],
        )

    @classmethod
    def _of_counts(cls, counts: Counter[float]) -> Self:
        return cls(sorted(counts.items()))


def _percentile(ranked: Sequence[float], percent: int) -> float:
    """The smallest value that `percent` of all values do not exceed."""
    rank = -(-len(ranked) * percent // 100)  # rounded up
    return ranked[rank - 1]
