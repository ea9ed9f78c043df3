"""How far the product and the recorded browser agree on the odd pictures."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from collage_core.contract.reasons import Reason
from collage_core.pictures.imaging import decode_cell
from tests.oddities.corpus import FORMATS, pictures, read_recording
from tests.oddities.look import difference, look_of

MOST_DIFFERENT = 4
"""Of 255: the largest difference of a block with which two looks count as the same."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One picture, as the product and the browser see it."""

    name: str
    shown_by_browser: bool
    reason: Reason | None
    """Why the product does not place it; None when it does."""
    difference: int | None
    """Of the looks; None unless both show it."""

    @property
    def same_verdict(self) -> bool:
        return self.shown_by_browser == (self.reason is None)

    @property
    def same_look(self) -> bool:
        return self.difference is not None and self.difference <= MOST_DIFFERENT

    @property
    def agrees(self) -> bool:
        return self.same_verdict and (self.difference is None or self.same_look)

    def __str__(self) -> str:
        browser = "shown" if self.shown_by_browser else "not shown"
        product = "placed" if self.reason is None else self.reason.value
        apart = "" if self.difference is None else f", {self.difference} levels apart"
        return f"{self.name}: {browser} by the browser, {product} by the product{apart}"


@cache
def compare(name: str) -> Compared:
    """A picture of the corpus, decoded by the product now."""
    cell, look = decode_cell(pictures()[name]), read_recording().looks[name]
    if isinstance(cell, Reason):
        return Compared(name, look is not None, cell, None)
    apart = None if look is None else difference(look_of(cell), look)
    return Compared(name, look is not None, None, apart)


def compare_all() -> Sequence[Compared]:
    """Every picture of the corpus."""
    return [compare(name) for name in pictures()]


def table(compared: Sequence[Compared]) -> str:
    """The agreement as a table in Markdown, by format."""
    head = (
        "| format | pictures | same verdict | shown by both | same look |",
        "|---|---|---|---|---|",
    )
    rows = [
        _row(kind, [item for item in compared if item.name.startswith(f"{kind}: ")])
        for kind in FORMATS
    ]
    return "\n".join([*head, *rows, _row("**all**", compared)])


def _row(kind: str, compared: Sequence[Compared]) -> str:
    both = [item for item in compared if item.difference is not None]
    verdicts = share(item.same_verdict for item in compared)
    looks = share(item.same_look for item in both)
    return f"| {kind} | {len(compared)} | {verdicts:.1%} | {len(both)} | {looks:.1%} |"


def share(values: Iterable[bool]) -> float:
    """How many of the values are true, from 0 to 1."""
    counted = list(values)
    return sum(counted) / len(counted)


def differing(compared: Sequence[Compared]) -> Iterator[Compared]:
    """Those on which the two do not agree."""
    return (item for item in compared if not item.agrees)
