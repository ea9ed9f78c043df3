"""Two months side by side: what changed, as numbers and in percent."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from msgspec import UnsetType

from collage_core.contract.books import Books
from collage_core.contract.statistics import MonthlyReport
from collage_core.views.months import Month, counted_usd, placed_share

MOST_HOSTS = 20
"""Hosts that are compared: those with the most failed covers in either month."""

Unit = Literal["number", "share", "usd", "seconds", "size"]


@dataclass(frozen=True, slots=True)
class Change:
    """A figure in two months. None where a month does not have it."""

    what: str
    """In the words of a person."""
    unit: Unit
    """A share is a part of 1, a size is in bytes."""
    before: float | None
    after: float | None

    @property
    def difference(self) -> float | None:
        """`after` - `before`, in the same unit; None unless both months have it."""
        if self.before is None or self.after is None:
            return None
        return self.after - self.before

    @property
    def relative(self) -> float | None:
        """The difference as a part of `before`; None if that is 0 or nothing, and for shares."""
        if self.difference is None or not self.before or self.unit == "share":
            return None
        return self.difference / self.before


@dataclass(frozen=True, slots=True)
class ComparedMonths:
    """What changed from one month to another."""

    before: Month
    after: Month
    figures: Sequence[Change]
    """Runs, rows, creators, objects, time and cost."""
    reasons: Sequence[Change]
    """Rejected and failed rows by their reason, the most frequent one first."""
    hosts: Sequence[Change]
    """Failed covers by host, the worst first."""


def compare_months(before: Month, after: Month) -> ComparedMonths:
    """Compare two months that were read; no request."""
    old, new = before.report, after.report
    return ComparedMonths(
        before=before,
        after=after,
        figures=[
            Change(what, unit, figure(old) if old else None, figure(new) if new else None)
            for what, unit, figure in _FIGURES
        ],
        reasons=_by_name(_reasons(old), _reasons(new)),
        hosts=_by_name(_hosts(old), _hosts(new))[:MOST_HOSTS],
    )


def _of_books(count: Callable[[Books], float | None]) -> Callable[[MonthlyReport], float | None]:
    return lambda report: count(report.books)


def _fetched(books: Books) -> float | None:
    return None if isinstance(books.downloads, UnsetType) else books.downloads.fetched


def _kept(books: Books) -> float | None:
    return None if isinstance(books.downloads, UnsetType) else books.downloads.kept


def _median(report: MonthlyReport) -> float | None:
    figures = report.figures
    return None if figures is None or figures.chunk_seconds is None else figures.chunk_seconds.p50


_FIGURES: Sequence[tuple[str, Unit, Callable[[MonthlyReport], float | None]]] = (
    ("runs", "number", lambda report: report.runs),
    ("days with runs", "number", lambda report: len(report.days)),
    ("rows", "number", _of_books(lambda books: books.rows.total)),
    ("covers placed", "number", _of_books(lambda books: books.rows.placed)),
    ("covers failed", "number", _of_books(lambda books: books.rows.failed)),
    ("rows rejected", "number", _of_books(lambda books: books.rows.rejected)),
    ("share placed of the covers that were asked for", "share", _of_books(placed_share)),
    ("creators", "number", _of_books(lambda books: books.creators.total)),
    ("creators with a full collage", "number", _of_books(lambda books: books.creators.complete)),
    ("creators without a collage", "number", _of_books(lambda books: books.creators.failed)),
    ("collages", "number", _of_books(lambda books: books.objects.collages)),
    ("collages and thumbnails together", "size", _of_books(lambda books: books.objects.bytes)),
    ("covers fetched from their hosts", "number", _of_books(_fetched)),
    ("covers taken from those kept", "number", _of_books(_kept)),
    ("time of all workers", "seconds", _of_books(lambda books: books.seconds.get("total"))),
    ("time of a chunk, median", "seconds", _median),
    ("counted cost", "usd", lambda report: counted_usd(report.figures)),
)


@dataclass(frozen=True, slots=True)
class _Named:
    """Counts by name, and what one that is not among them has: 0, or None if that is not known."""

    counts: Mapping[str, int]
    others: int | None

    def of(self, name: str) -> int | None:
        return self.counts.get(name, self.others)


def _reasons(report: MonthlyReport | None) -> _Named:
    return _Named({}, None) if report is None else _Named(report.books.reasons, 0)


def _hosts(report: MonthlyReport | None) -> _Named:
    figures = None if report is None else report.figures
    if figures is None:
        return _Named({}, None)
    failed = figures.failed_hosts
    # Among the others, whose hosts no run names, may be any host.
    return _Named({host.host: host.covers for host in failed.hosts}, None if failed.other else 0)


def _by_name(before: _Named, after: _Named) -> list[Change]:
    changes = [
        Change(name, "number", before.of(name), after.of(name))
        for name in sorted(before.counts.keys() | after.counts.keys())
    ]
    return sorted(changes, key=lambda each: max(each.before or 0, each.after or 0), reverse=True)
