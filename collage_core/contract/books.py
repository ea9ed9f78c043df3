"""The books: what became of every row, in one shape from a chunk's receipt up to a month's report.

Adding books is associative and exact: counts are integers, and times are whole
milliseconds inside, so a month equals the sum of its days to the last digit.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Self

from collage_core.contract import json_fields
from collage_core.contract.json_fields import Json, shown
from collage_core.contract.reasons import Reason, is_reason
from collage_core.errors import BooksError, MessageError


class _Counts:
    """Named counters that add up field by field."""

    __slots__ = ()

    def __add__(self, other: Self) -> Self:
        names = [item.name for item in fields(self)]  # type: ignore[arg-type]
        return type(self)(**{name: getattr(self, name) + getattr(other, name) for name in names})

    def to_json(self) -> dict[str, int]:
        return {item.name: getattr(self, item.name) for item in fields(self)}  # type: ignore[arg-type]

    @classmethod
    def from_json(cls, source: Json) -> Self:
        names = [item.name for item in fields(cls)]  # type: ignore[arg-type]
        return cls(**{name: json_fields.integer(source, name) for name in names})


@dataclass(frozen=True, slots=True)
class RowCounts(_Counts):
    """Rows in, and where each one went. `total` is counted on its own, so that it can disagree."""

    total: int = 0
    placed: int = 0
    duplicate: int = 0
    not_selected: int = 0
    rejected: int = 0
    failed: int = 0

    @property
    def explained(self) -> int:
        """Rows whose end is known; equal to `total` when the books balance."""
        return self.placed + self.duplicate + self.not_selected + self.rejected + self.failed


@dataclass(frozen=True, slots=True)
class CreatorCounts(_Counts):
    """Creators by outcome: every selected cover placed, some of them, or none."""

    total: int = 0
    complete: int = 0
    partial: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class ObjectCounts(_Counts):
    """Objects written to the output bucket; `bytes` counts collages and thumbnails."""

    collages: int = 0
    thumbnails: int = 0
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class Books:
    """Rows, reasons, creators, objects and time of a chunk, a run, a day or a month."""

    rows: RowCounts = RowCounts()
    reasons: Mapping[str, int] = field(default_factory=dict)
    creators: CreatorCounts = CreatorCounts()
    objects: ObjectCounts = ObjectCounts()
    milliseconds: Mapping[str, int] = field(default_factory=dict)
    """Time by stage, e.g. {"fetch": 5120}; stages overlap, so they need not add up to "total"."""

    def __add__(self, other: Self) -> Self:
        return type(self)(
            rows=self.rows + other.rows,
            reasons=_sum_by_key(self.reasons, other.reasons),
            creators=self.creators + other.creators,
            objects=self.objects + other.objects,
            milliseconds=_sum_by_key(self.milliseconds, other.milliseconds),
        )

    @classmethod
    def total(cls, parts: Iterable[Self]) -> Self:
        """The sum of any number of books; of none, empty books."""
        return sum(parts, cls())

    @property
    def every_cover_was_blocked(self) -> bool:
        """Whether covers were asked for, and each of them ended as BLOCKED_ADDRESS."""
        rows = self.rows
        return 0 < rows.failed == self.reasons.get(Reason.BLOCKED_ADDRESS, 0) and not rows.placed

    def check_balance(self, what: str) -> None:
        """Raise BooksError unless every row, reason and creator of `what` is accounted for."""
        rows, creators = self.rows, self.creators
        if rows.total != rows.explained:
            raise BooksError(
                f"books of {what} are off by {rows.total - rows.explained}: {rows.total} rows in, "
                f"{rows.explained} explained ({rows.to_json()}); this is a bug in the worker, "
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
                f"creators of {what} do not add up: {creators.to_json()}; "
                "this is a bug in the worker, keep the receipts and report it"
            )

    def to_json(self) -> dict[str, Any]:
        """The contract's shape; times in seconds with three decimals."""
        return {
            "rows": self.rows.to_json(),
            "reasons": dict(sorted(self.reasons.items())),
            "creators": self.creators.to_json(),
            "objects": self.objects.to_json(),
            "seconds": {name: ms / 1000 for name, ms in sorted(self.milliseconds.items())},
        }

    @classmethod
    def from_json(cls, source: Json) -> Self:
        """Back from `to_json`, exactly; raises MessageError on another shape."""
        reasons = json_fields.as_object(source.get("reasons"), "reasons")
        for name in reasons:
            if not is_reason(name):
                raise MessageError(f"reasons has {shown(name)}, which is not in the vocabulary")
        return cls(
            rows=RowCounts.from_json(json_fields.as_object(source.get("rows"), "rows")),
            reasons={name: json_fields.integer(reasons, name) for name in reasons},
            creators=CreatorCounts.from_json(
                json_fields.as_object(source.get("creators"), "creators")
            ),
            objects=ObjectCounts.from_json(json_fields.as_object(source.get("objects"), "objects")),
            milliseconds=_milliseconds(json_fields.as_object(source.get("seconds"), "seconds")),
        )


def _milliseconds(seconds: Json) -> dict[str, int]:
    for name, value in seconds.items():
        if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value < 1e12:
            raise MessageError(
                f"seconds.{name} is {shown(value)}: it must be a number of at least 0"
            )
    return {name: round(value * 1000) for name, value in seconds.items()}


def _sum_by_key(left: Mapping[str, int], right: Mapping[str, int]) -> dict[str, int]:
    names = left.keys() | right.keys()
    return {name: left.get(name, 0) + right.get(name, 0) for name in sorted(names)}
