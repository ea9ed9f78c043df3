"""The creators of a run in few bytes, for a page that may show 60,000 of them.

All keys of a run differ by the creator's name alone, so the page has each key once, with `{}` for
the name as it is in keys, and for each creator that name.
"""

import posixpath
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from msgspec import UnsetType
from msgspec.structs import astuple

from collage_core.contract.receipt import CreatorResult, Outcome
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.layout import keys
from collage_core.layout.creator_names import encode_creator

_OUTCOMES = list(Outcome)
_SOMEBODY = "somebody"
"""A name that is the same in keys."""


@dataclass(frozen=True, slots=True)
class CreatorEntries:
    """What the page's script reads; `templates/index.js` names the places of the lists."""

    keys: dict[str, str | None]
    """By kind; `{}` stands for the creator's name. None if there is no such object."""
    reasons: list[str]
    """Each reason once; the creators have its index."""
    creators: list[list[Any]]
    """Name; name in keys, or 0 if it is the same; index of the outcome; the rows in the order of
    the books; reasons as index, count, index, count, ...; the collage's key if it is not as in
    `keys`, else 0."""


def creator_entries(
    results: Iterable[CreatorResult], timestamp: RunTimestamp, *, by_creator_copies: bool
) -> CreatorEntries:
    """The entries of a run's creators, in the order given."""
    results = list(results)
    collage = next((_pattern(result) for result in results if result.collage_key), None)
    patterns = {
        "collage": collage,
        "copy": _copy(collage) if collage and by_creator_copies else None,
        "thumbnail": keys.thumbnail(_SOMEBODY, timestamp),
        "metadata": keys.metadata(_SOMEBODY, timestamp),
    }
    reasons = sorted({reason for result in results for reason in _reasons(result)})
    return CreatorEntries(
        keys={kind: key and key.replace(_SOMEBODY, "{}") for kind, key in patterns.items()},
        reasons=reasons,
        creators=[_entry(result, collage, reasons) for result in results],
    )


def _entry(result: CreatorResult, collage: str | None, reasons: Sequence[str]) -> list[Any]:
    encoded = encode_creator(result.creator)
    usual = collage and collage.replace(_SOMEBODY, encoded)
    counts = [
        number
        for reason, count in _reasons(result).items()
        for number in (reasons.index(reason), count)
    ]
    return [
        result.creator,
        0 if encoded == result.creator else encoded,
        _OUTCOMES.index(result.outcome),
        list(astuple(result.rows)),
        counts,
        0 if result.collage_key in {None, usual} else result.collage_key,
    ]


def _pattern(result: CreatorResult) -> str:
    """The creator's collage_key with somebody else's name."""
    folder, name = posixpath.split(result.collage_key or "")
    rest = name.removeprefix(encode_creator(result.creator))
    return posixpath.join(folder, f"{_SOMEBODY}{rest}")


def _copy(collage: str) -> str:
    """The key of the copy of a collage: it has the same name, and so the same format."""
    return posixpath.join(keys.by_creator(_SOMEBODY), posixpath.basename(collage))


def _reasons(result: CreatorResult) -> dict[str, int]:
    return {} if isinstance(result.reasons, UnsetType) else dict(result.reasons)
