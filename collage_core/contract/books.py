"""The books: what became of every row, in one form from a chunk's receipt up to a month's report.

Adding books is associative and exact: counts are integers, and times are added as whole
milliseconds, so a month equals the sum of its days to the last digit.
"""

from collections.abc import Iterable, Mapping
from typing import Annotated, Self

from msgspec import UNSET, Meta, UnsetType, field
from msgspec.structs import astuple

from collage_core.contract.document import Whole, to_json
from collage_core.contract.fields import Count
from collage_core.contract.reasons import Reason, ReasonName
from collage_core.errors import BooksError

Seconds = Annotated[float, Meta(ge=0, lt=1e12)]
"""A time, in whole milliseconds."""


class _Counts(Whole, frozen=True):
    """Named counters that add up field by field."""

    def __add__(self, other: Self) -> Self:
        pairs = zip(astuple(self), astuple(other), strict=True)
        return type(self)(*(mine + others for mine, others in pairs))

    def __sub__(self, other: Self) -> Self:
        pairs = zip(astuple(self), astuple(other), strict=True)
        return type(self)(*(mine - others for mine, others in pairs))


class RowCounts(_Counts, frozen=True):
    """What became of each row. `total` is counted separately, so that it can disagree."""

    total: Count = 0
    """All rows."""
    placed: Count = 0
    """On a collage."""
    duplicate: Count = 0
    """Older rows of a cover that a newer row shows."""
    not_selected: Count = 0
    """Never requested: other covers fill the grid, or as many as allowed were tried."""
    rejected: Count = 0
    """Rows that cannot be used."""
    failed: Count = 0
    """Covers that could not be fetched or decoded."""

    @property
    def explained(self) -> int:
        """Rows that are accounted for; equal to `total` when the books balance."""
        return self.placed + self.duplicate + self.not_selected + self.rejected + self.failed


class CreatorCounts(_Counts, frozen=True):
    """Creators by outcome: the grid as full as their rows allow, less full, or no collage."""

    total: Count = 0
    """All creators."""
    complete: Count = 0
    """The grid is full, or has every cover of the creator."""
    partial: Count = 0
    """A cover failed, and no other one could fill its cell."""
    failed: Count = 0
    """No cover was placed."""


class ObjectCounts(_Counts, frozen=True):
    """Objects written to the output bucket; `bytes` counts collages and thumbnails."""

    collages: Count = 0
    """Collages, without the copies by creator."""
    thumbnails: Count = 0
    """One for each collage."""
    bytes: Count = 0
    """The size of collages and thumbnails together."""


class DownloadCounts(_Counts, frozen=True):
    """Where covers came from, and which of them are kept. A measure of work, like `seconds`.

    A cover counts each time that a worker gets it: two workers on one chunk count it twice.
    """

    fetched: Count = 0
    """Usable covers that their hosts have sent."""
    fetched_bytes: Count = 0
    """Their size."""
    kept: Count = 0
    """Usable covers that came from packs; no host was asked for them."""
    packs: Count = 0
    """Packs that were written."""
    packed: Count = 0
    """Covers in those packs."""
    packed_bytes: Count = 0
    """The size of those packs."""


class Books(Whole, frozen=True):
    """Rows, reasons, creators, objects and time of a chunk, a run, a day or a month."""

    rows: RowCounts = RowCounts()
    """What became of each row."""
    reasons: Mapping[ReasonName, Count] = field(default_factory=dict)
    """Rejected and failed rows by their reason."""
    creators: CreatorCounts = CreatorCounts()
    """What became of each creator."""
    objects: ObjectCounts = ObjectCounts()
    """What was written."""
    seconds: Mapping[str, Seconds] = field(default_factory=dict)
    """Time by stage, e.g. {"fetch": 5.12}; stages overlap, so they need not add up to "total"."""
    downloads: DownloadCounts | UnsetType = UNSET
    """Where the covers came from; left out where they were not counted."""

    @property
    def milliseconds(self) -> dict[str, int]:
        """The same times as whole numbers, so that their sums are exact."""
        return {name: round(value * 1000) for name, value in self.seconds.items()}

    def __add__(self, other: Self) -> Self:
        return type(self)(
            rows=self.rows + other.rows,
            reasons=_sum_by_key(self.reasons, other.reasons),
            creators=self.creators + other.creators,
            objects=self.objects + other.objects,
            seconds=in_seconds(_sum_by_key(self.milliseconds, other.milliseconds)),
            downloads=_sum_if_counted(self.downloads, other.downloads),
        )

    def without(self, part: Self, what: str) -> Self:
        """These books without rows, reasons, creators and objects of a part of them.

        Time and downloads stay: that work was done. Raises BooksError, which names `what` these
        books are of, if the part has more than the whole.
        """
        reasons = {
            name: self.reasons.get(name, 0) - part.reasons.get(name, 0)
            for name in sorted(self.reasons.keys() | part.reasons.keys())
        }
        left = type(self)(
            rows=self.rows - part.rows,
            reasons={name: count for name, count in reasons.items() if count},
            creators=self.creators - part.creators,
            objects=self.objects - part.objects,
            seconds=self.seconds,
            downloads=self.downloads,
        )
        counts = (*astuple(left.rows), *astuple(left.creators), *astuple(left.objects))
        if min(*counts, *left.reasons.values()) < 0:
            raise BooksError(
                f"{what} has {to_json(self.rows)} rows, and {to_json(part.rows)} of them are "
                "superseded: clear reconcile of this run, and what its fills replace is counted "
                "again"
            )
        return left

    @property
    def known_downloads(self) -> DownloadCounts:
        """The downloads; all zero if they were left out."""
        return DownloadCounts() if isinstance(self.downloads, UnsetType) else self.downloads

    @classmethod
    def total(cls, parts: Iterable[Self]) -> Self:
        """The sum of any number of books; empty books for none."""
        return sum(parts, cls())

    @property
    def every_cover_was_blocked(self) -> bool:
        """Whether covers were requested, and each of them ended as BLOCKED_ADDRESS."""
        rows = self.rows
        return 0 < rows.failed == self.reasons.get(Reason.BLOCKED_ADDRESS, 0) and not rows.placed

    def check_balance(self, what: str) -> None:
        """Raise BooksError unless every row, reason and creator of `what` is accounted for."""
        rows, creators = self.rows, self.creators
        if rows.total != rows.explained:
            raise BooksError(
                f"books of {what} are off by {rows.total - rows.explained}: {rows.total} rows in, "
                f"{rows.explained} explained ({to_json(rows)}); this is a bug in the worker, "
                "keep the receipts and report it"
            )
        with_reason, without_place = sum(self.reasons.values()), rows.rejected + rows.failed
        if with_reason != without_place:
            raise BooksError(
                f"reasons of {what} add up to {with_reason}, but {without_place} rows were "
                "rejected or failed; this is a bug in the worker, keep the receipts and report it"
            )
        if creators.total != creators.complete + creators.partial + creators.failed:
            raise BooksError(
                f"creators of {what} do not add up: {to_json(creators)}; "
                "this is a bug in the worker, keep the receipts and report it"
            )


def in_seconds(milliseconds: Mapping[str, int]) -> dict[str, float]:
    """Times by stage, in the form that Books use."""
    return {name: value / 1000 for name, value in milliseconds.items()}


def _sum_by_key(left: Mapping[str, int], right: Mapping[str, int]) -> dict[str, int]:
    names = left.keys() | right.keys()
    return {name: left.get(name, 0) + right.get(name, 0) for name in sorted(names)}


def _sum_if_counted(
    left: DownloadCounts | UnsetType, right: DownloadCounts | UnsetType
) -> DownloadCounts | UnsetType:
    if isinstance(left, UnsetType):
        return right
    return left if isinstance(right, UnsetType) else left + right
