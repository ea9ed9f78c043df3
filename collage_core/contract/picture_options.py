"""How a collage looks, beside its grid."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from collage_core.contract.fields import END, RULE
from collage_core.contract.gravity import Gravity

Fit = Literal["fill", "contain", "blur"]
Labels = Literal["none", "date", "creator"]
Order = Literal["newest", "oldest"]
PictureFormat = Literal["jpg", "webp", "png"]

Color = Annotated[
    str,
    Meta(
        pattern=rf"^#[0-9a-fA-F]{{6}}{END}",
        extra={RULE: "it must be a colour such as #eeeeec: a # and six hexadecimal digits"},
    ),
]

_LONGEST_TITLE = 120
_CHARACTER = r"[^{}\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]"
_PLACEHOLDER = r"\{(creator|start|end)\}"

Title = Annotated[
    str,
    Meta(
        max_length=_LONGEST_TITLE,
        pattern=rf"^({_CHARACTER}|{_PLACEHOLDER})*{END}",
        extra={
            RULE: f"it must be one line of at most {_LONGEST_TITLE} characters, with no braces but "
            "those of {creator}, {start} and {end}"
        },
    ),
]


class PictureOptions(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a collage looks. The defaults are the pictures of release 0.1.

    A document names only what differs from them, so documents of 0.1 mean the same as before. The
    defaults of new runs are settings.
    """

    trim: bool = False
    """Whether the canvas is only as tall as its rows; a single row is only as wide as its cells."""
    fit: Fit = "fill"
    """How a cover gets into its cell: cropped, whole on the background, or whole on itself,
    enlarged and blurred."""
    gravity: Gravity = Gravity.CENTER
    """Which part of a cover is kept when it is cropped."""
    gutter: Annotated[int, Meta(ge=0, le=100)] = 0
    """Pixels between cells."""
    margin: Annotated[int, Meta(ge=0, le=400)] = 0
    """Pixels around all cells."""
    background: Color = "#eeeeec"
    """The colour of empty cells, gutters and margins; a light grey that recedes behind any
    picture."""
    corner: Annotated[int, Meta(ge=0, le=200)] = 0
    """The radius of the cells' corners in pixels."""
    labels: Labels = "none"
    """What is written into the cells: the date of each cover, or its creator."""
    title: Title = ""
    """A line above the cells, with {creator}, {start} and {end} filled in; empty: none."""
    order: Order = "newest"
    """Which of the placed covers comes first, at the top left."""
    format: PictureFormat = "jpg"
    """The format of the collage; thumbnails are always JPEG."""
    progressive: bool = False
    """Whether a JPEG is written to appear coarse first and then ever finer."""
    max_bytes: Annotated[int, Meta(ge=10_000, le=50_000_000)] | None = None
    """The most bytes of a collage: the quality is lowered until it fits. None: no limit."""
