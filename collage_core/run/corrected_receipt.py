"""A receipt with one creator as another worker at the same chunk has made it."""

from collections import Counter

from msgspec.structs import astuple, replace

from collage_core.contract.books import Books, CreatorCounts, ObjectCounts, RowCounts
from collage_core.contract.receipt import CreatorResult, Outcome, Receipt


def with_creator(receipt: Receipt, old: CreatorResult, new: CreatorResult) -> Receipt:
    """The receipt with one creator replaced, and its books with the other counts."""
    results = [new if result is old else result for result in receipt.results]
    books = receipt.books
    outcomes = Counter(result.outcome for result in results)
    reasons = Counter(books.reasons)
    reasons.subtract(old.known_reasons)
    reasons.update(new.known_reasons)
    changed = Books(
        rows=_changed(books.rows, old.rows, new.rows),
        reasons={name: count for name, count in sorted(reasons.items()) if count},
        creators=CreatorCounts(
            total=books.creators.total,
            complete=outcomes[Outcome.COMPLETE],
            partial=outcomes[Outcome.PARTIAL],
            failed=outcomes[Outcome.FAILED],
        ),
        objects=_changed(books.objects, old.object_counts, new.object_counts),
        seconds=books.seconds,
    )
    hosts = receipt.failed_hosts
    # Which hosts failed for the other worker is not known: their covers count as those of others.
    known = hosts is None or sum(hosts.values()) <= changed.rows.failed
    return replace(
        receipt,
        results=results,
        books=changed,
        failed_hosts=hosts if known else None,
        # Which of the creator's URLs the other worker found dead is not known, either.
        dead=tuple(cover for cover in receipt.dead if cover.creator != old.creator),
    )


def _changed[Counts: (RowCounts, ObjectCounts)](counts: Counts, old: Counts, new: Counts) -> Counts:
    """The counts without `old`, and with `new`."""
    numbers = zip(astuple(counts), astuple(old), astuple(new), strict=True)
    return type(counts)(*(number - less + more for number, less, more in numbers))
