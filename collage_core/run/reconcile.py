"""Adds up the books of a run: its manifest and all of its receipts give one summary.

Nothing is repaired here. A receipt that is missing, belongs to another run or is off by one row
stops the run, because a summary that is nearly right would be believed.
"""

from collections.abc import Iterable

from msgspec.structs import replace

from collage_core.contract.books import Books, CreatorCounts, RowCounts
from collage_core.contract.chunk import Chunk
from collage_core.contract.date_counts import DateCounts
from collage_core.contract.manifest import Manifest
from collage_core.contract.receipt import Outcome, Receipt
from collage_core.contract.rejected import MOST_REJECTED_LINES, RejectedRow, Rejections
from collage_core.contract.summary import MOST_FAILED_CREATORS, FailedCreator, RunSummary
from collage_core.errors import BooksError
from collage_core.layout import keys
from collage_core.layout.creator_names import name_bytes
from collage_core.run.usable_receipts import why_unusable

EVERY_COVER_WAS_BLOCKED = (
    "Every cover of run %s ended as blocked_address: "
    "the function's log names the hosts, chunk by chunk, and what to do"
)
"""Logged when `Books.every_cover_was_blocked`. The books of a run do not contain the hosts."""


def summarise(manifest: Manifest, receipts: Iterable[Receipt]) -> RunSummary:
    """The books of a whole run, from exactly one finished receipt per chunk of its manifest.

    Raises BooksError naming the chunk when a receipt is missing, comes twice, is unfinished, or
    belongs to another run; when its counts are not those of its chunk; or when a
    creator is in two receipts.
    """
    missing = {chunk.chunk_id: chunk for chunk in manifest.chunks}
    chunk_of_creator: dict[str, str] = {}
    books = _books_of_rejected(manifest.rejected)
    rejected = list(manifest.rejected.first)
    failed: list[FailedCreator] = []
    dates: list[DateCounts | None] = []
    for receipt in receipts:
        chunk = missing.pop(receipt.chunk_id, None)
        if chunk is None:
            raise BooksError(
                f"receipt of chunk {receipt.chunk_id} comes twice or belongs to no chunk of run "
                f"{manifest.run_id}: clear reconcile, which reads the receipts of the chunks again"
            )
        if reason := why_unusable(receipt, chunk, manifest):
            raise BooksError(
                f"receipt of chunk {chunk.chunk_id} of run {manifest.run_id} cannot be used: "
                f"{reason}. Clear dispatch: it sets the receipt aside and sends the chunk again"
            )
        for result in receipt.results:
            other = chunk_of_creator.setdefault(result.creator, chunk.chunk_id)
            if other != chunk.chunk_id:
                raise BooksError(
                    f"creator {result.creator!r} is in chunk {other} and in chunk "
                    f"{chunk.chunk_id}: the CSV is not in order, clear extract"
                )
            if result.outcome is Outcome.FAILED:
                failed.append(FailedCreator(result.creator, result.known_reasons))
        books += receipt.books
        dates.append(receipt.dates)
        rejected += [_in_csv(row, chunk) for row in receipt.rejected]
    if missing:
        raise BooksError(
            f"run {manifest.run_id} has no receipt of {len(missing)} of its "
            f"{len(manifest.chunks)} chunks, the first is {next(iter(missing))}: clear dispatch, "
            "which sends them again"
        )
    books.check_balance(f"run {manifest.run_id}")
    return RunSummary(
        run_id=manifest.run_id,
        run_timestamp=manifest.run_timestamp,
        trigger=manifest.trigger,
        source=manifest.origin or manifest.source,
        books=books,
        chunks=len(manifest.chunks),
        rejected=sorted(rejected, key=lambda row: row.line)[:MOST_REJECTED_LINES],
        # Workers read the ordered copy of a CSV from outside, in which all dates are in ISO.
        dates=manifest.dates or DateCounts.total(dates),
        window=manifest.window,
        failed_creators=sorted(failed, key=lambda one: name_bytes(one.creator))[
            :MOST_FAILED_CREATORS
        ],
        collages_prefix=None
        if manifest.keep_only
        else keys.collages(manifest.run_timestamp, manifest.trigger, manifest.output_prefix),
        selection=manifest.selection,
        keep_only=manifest.keep_only,
        parent=manifest.parent,
        family=manifest.family,
    )


def _books_of_rejected(rejected: Rejections) -> Books:
    """The books of rows that are in no chunk, as a worker would have written them."""
    return Books(
        rows=RowCounts(total=rejected.rows, rejected=rejected.rows),
        reasons=rejected.reasons,
        creators=CreatorCounts(total=rejected.creators, failed=rejected.creators),
    )


def _in_csv(row: RejectedRow, chunk: Chunk) -> RejectedRow:
    """A rejected row with its line counted in the CSV instead of in the chunk."""
    return replace(row, line=row.line + chunk.first_line - 1)
