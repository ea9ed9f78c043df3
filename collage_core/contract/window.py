"""Which covers a run is about."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from collage_core.contract.fields import RULE

_Moment = Annotated[
    datetime,
    Meta(tz=True, extra={RULE: "it must be ISO 8601 in UTC, for example 2026-10-01T00:00:00Z"}),
]


class Window(Struct, frozen=True):
    """A half-open window of `updated_at`: from `start` up to but without `end`."""

    start: _Moment
    """The first moment, aware and in UTC."""
    end: _Moment
    """The moment after the last one, aware and in UTC."""

    def __str__(self) -> str:
        return f"[{self.start:%Y-%m-%d %H:%M:%S}, {self.end:%Y-%m-%d %H:%M:%S}) UTC"
