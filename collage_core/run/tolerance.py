"""How many covers of a run may fail: above one share the run fails, above another it warns.

The share is that of the failed covers among those that were asked for, placed or failed. Covers
that were replaced by a reserve count as failed, too: they were asked for, and could not be had.

For a run that only keeps covers, those with dead URLs do not count. It looks back at rows of days
whose URLs may have lived for hours, and dead ones are no fault of the run.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Self

from msgspec.structs import replace

from collage_core.contract.books import Books
from collage_core.contract.reasons import DEAD_URL, REJECTIONS
from collage_core.contract.receipt import Receipt
from collage_core.run.in_words import reasons_in_words
from collage_core.settings import Settings

_MOST_REASONS = 3


@dataclass(frozen=True, slots=True)
class TooManyFailed:
    """More covers of a run failed than FAIL_ABOVE_PERCENT allows."""

    said: str
    """How many, and why, as the beginning of a sentence."""
    chunks: Mapping[str, str]
    """The chunks that are above the share themselves, with how many of their covers failed."""

    @classmethod
    def of(
        cls, run_id: str, books: Books, receipts: Iterable[Receipt], settings: Settings
    ) -> Self | None:
        """None if the run is within the limit."""
        limit = settings.fail_above_percent
        if failed_percent(books) <= limit:
            return None
        said = f"{_how_many(books)} of run {run_id} failed, and {limit}% may: {top_reasons(books)}"
        chunks = {
            receipt.chunk_id: f"{_how_many(receipt.books)} failed: {top_reasons(receipt.books)}"
            for receipt in receipts
            if failed_percent(receipt.books) > limit
        }
        return cls(said, chunks)


def failed_percent(books: Books) -> float:
    """The share of failed covers among those that were asked for, in percent; 0 for none."""
    asked = books.rows.placed + books.rows.failed
    return 100 * books.rows.failed / asked if asked else 0.0


def warning_of_failed(books: Books, settings: Settings) -> str | None:
    """For a person: how many covers failed, if that is above WARN_ABOVE_PERCENT."""
    if failed_percent(books) <= settings.warn_above_percent:
        return None
    return f"{_how_many(books)} failed: {top_reasons(books)}"


def without_dead_urls(books: Books) -> Books:
    """The books without failed covers whose URLs are dead, as if their rows were not there."""
    dead = sum(books.reasons.get(reason, 0) for reason in DEAD_URL)
    rows = replace(books.rows, total=books.rows.total - dead, failed=books.rows.failed - dead)
    others = {name: count for name, count in books.reasons.items() if name not in DEAD_URL}
    return replace(books, rows=rows, reasons=others)


def top_reasons(books: Books) -> str:
    """The most frequent reasons of failed covers, such as `12 http_403, 4 timeout`."""
    failed = {name: count for name, count in books.reasons.items() if name not in REJECTIONS}
    most = sorted(failed, key=lambda name: (-failed[name], name))[:_MOST_REASONS]
    words = reasons_in_words({name: failed[name] for name in most})
    more = sum(failed.values()) - sum(failed[name] for name in most)
    return f"{words} and {more} for other reasons" if more else words


def _how_many(books: Books) -> str:
    rows = books.rows
    return f"{rows.failed} of {rows.placed + rows.failed} covers ({failed_percent(books):.0f}%)"
