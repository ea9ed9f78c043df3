"""The options of a run, one for each field of a ProcessingConfig, as people are asked for them.

The settings, the trigger form and the command line all take names, bounds, choices and words from
here. Types and bounds come from the Struct.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal, get_args, get_origin

from msgspec import Meta
from msgspec.structs import FieldInfo, fields

from collage_core.contract.config import ProcessingConfig
from collage_core.contract.conversion import bare
from collage_core.contract.faults import fits, rule
from collage_core.contract.picture_options import PictureOptions

FLAGS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
"""How a person may write true and false, in lower case."""

type Value = bool | int | str | None


@dataclass(frozen=True, slots=True)
class Option:
    """One option, with what it may be."""

    name: str
    """The field, and the param of the trigger form."""
    help: str
    """What it decides: a phrase such as "rows of the grid"."""
    kind: type[bool] | type[int] | type[str]
    meta: Meta
    """The bounds of a number, or the pattern and the longest length of a text."""
    choices: tuple[str, ...]
    """All texts that are possible; empty if they are not a list."""
    of_picture: bool
    """Whether it is one of PictureOptions."""
    rule: str
    """For error messages, such as "it must be a whole number from 1 to 20"."""
    _annotation: Any

    @property
    def title(self) -> str:
        """The label of its field in a form."""
        return self.help[0].upper() + self.help[1:]

    @property
    def setting(self) -> str:
        """The environment variable that has its default."""
        return f"DEFAULT_{self.name.upper()}"

    @property
    def least(self) -> int:
        """The least number that is possible. Only a number has bounds."""
        return int(self.meta.ge or 0)

    @property
    def most(self) -> int:
        """The largest number that is possible."""
        return int(self.meta.le or 0)

    def read(self, text: str) -> Value:
        """The value that a person wrote. Raises ValueError, with the rule, for another."""
        value: Value = text
        if self.kind is bool:
            value = FLAGS.get(text.lower(), text)
        elif self.kind is int:
            value = whole_number(text)
        if value is None or not fits(value, self._annotation):
            raise ValueError(self.rule)
        return value


def whole_number(text: str) -> int | None:
    """A number of ASCII digits, or None: `int` would also accept "1_000", "+5" and others."""
    is_number = text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS
    return int(text) if is_number else None


_MOST_DIGITS = 20
"""More than any option may have. `int` refuses thousands of them with a sentence of its own."""

_HELP = {
    "rows": "rows of the grid",
    "cols": "columns of the grid",
    "quality": "quality of the collages, as of a JPEG",
    "max_workers": "downloads at a time",
    "timeout": "seconds for one try at a cover",
    "max_retries": "tries after the first one",
    "trim": "cut off the part of the grid that has no covers",
    "fit": "how a cover gets into its cell",
    "gravity": "the part of a cover that is kept when it is cropped",
    "gutter": "pixels between cells",
    "margin": "pixels around all cells",
    "background": "colour of empty cells, gutters and margins",
    "corner": "radius of the cells' corners in pixels",
    "labels": "what is written into each cell",
    "title": "line above the cells; {creator}, {start} and {end} are filled in",
    "order": "which of the placed covers comes first",
    "format": "format of the collages",
    "progressive": "JPEGs that appear coarse first, then ever finer",
    "max_bytes": "the most bytes of a collage, whose quality is lowered until it fits",
}


def _option(field: FieldInfo) -> Option:
    kind, metas = bare(field.type)
    choices = _choices(kind)
    return Option(
        name=field.name,
        help=_HELP[field.name],
        kind=str if choices else kind,
        meta=metas[0] if metas else Meta(),
        choices=choices,
        of_picture=field.name in _OF_PICTURES,
        rule=rule(field.type),
        _annotation=field.type,
    )


def _choices(kind: Any) -> tuple[str, ...]:
    if get_origin(kind) is Literal:
        return get_args(kind)
    is_enum = isinstance(kind, type) and issubclass(kind, StrEnum)
    return tuple(member.value for member in kind) if is_enum else ()


_OF_PICTURES = {field.name for field in fields(PictureOptions)}

OPTIONS: Mapping[str, Option] = {field.name: _option(field) for field in fields(ProcessingConfig)}
"""All options by their name, in the order of the fields: the grid, downloads, the picture."""
