"""`python -m local.options_page FOLDER`: the pictures of docs/options.md.

Each is a collage of sample covers or of drawn portraits, as the worker makes it, reduced to the
width of a page.
"""

import argparse
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image, ImageFile

from benchmarks.crops.portraits import ASPECTS, portrait
from collage_core.contract.books import RowCounts
from collage_core.contract.cell_size import DEFAULT_CELL_SIZE
from collage_core.contract.config import ProcessingConfig
from collage_core.contract.csv_source import CsvSource
from collage_core.contract.gravity import Gravity
from collage_core.contract.message import ChunkMessage
from collage_core.contract.receipt import Outcome
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.trigger import Trigger
from collage_core.contract.window import Window
from collage_core.covers.rows import CoverRow
from collage_core.recipes.collage.recipe import CollageRecipe
from collage_core.worker.recipe import Ingredients
from local.sample.creators import BY_NAME
from local.sample.mark import Mark
from local.sample.poster import draw_poster

_WIDTH = 640
_OCTOBER = Window(datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC))
_UPRIGHT = ((720, 960), (1080, 1440))
_OF_ALL_SHAPES = ((720, 960), (1280, 720), (720, 1280), (960, 960))


@dataclass(frozen=True, slots=True)
class Example:
    """A picture of the page, by the name of its file."""

    name: str
    options: Mapping[str, Any] = field(default_factory=dict)
    creator: str = "paper_and_ink"
    covers: int = 13
    shapes: tuple[tuple[int, int], ...] = _UPRIGHT
    is_of_people: bool = False
    """Whether the covers are portraits, one of each shape, rather than posters."""


_WITH_SPACE = {"gutter": 12, "margin": 24}
_TRIM = {"trim": True}
_EXAMPLES = (
    Example("default"),
    Example("trim-off", covers=3),
    Example("trim-on", _TRIM, covers=3),
    Example("trim-of-8", _TRIM, covers=8),
    Example("fit-fill", {"fit": "fill", **_TRIM}, covers=10, shapes=_OF_ALL_SHAPES),
    Example("fit-contain", {"fit": "contain", **_TRIM}, covers=10, shapes=_OF_ALL_SHAPES),
    Example("fit-blur", {"fit": "blur", **_TRIM}, covers=10, shapes=_OF_ALL_SHAPES),
    *(
        Example(
            f"gravity-{gravity}",
            {"gravity": gravity, **_TRIM},
            covers=len(ASPECTS),
            is_of_people=True,
        )
        for gravity in Gravity
    ),
    Example("order-oldest", {"order": "oldest"}),
    Example("gutter", {"gutter": 24}),
    Example("margin", {"margin": 80}),
    Example("background", {"background": "#20242c", **_WITH_SPACE}),
    Example("corner", {"corner": 32, **_WITH_SPACE}),
    Example("corner-largest", {"corner": 200, **_WITH_SPACE}),
    Example("labels-date", {"labels": "date"}),
    Example("labels-creator", {"labels": "creator"}, creator="🎨 color lab 🦊"),
    Example("title", {"title": "{creator}, {start} – {end}", **_WITH_SPACE}),  # noqa: RUF001
    Example(
        "together",
        {
            **_TRIM,
            "fit": "blur",
            "corner": 24,
            "labels": "date",
            "title": "{creator} · {start} – {end}",  # noqa: RUF001
            "background": "#20242c",
            **_WITH_SPACE,
        },
        creator="日本語のカバー",
        covers=15,
        shapes=_OF_ALL_SHAPES,
    ),
)
_PEOPLE = 4
"""The number of the portraits: others show the same, some of them less plainly."""
_LIMITS = (None, 100_000, 30_000)
_PROGRESSIVE = {"off": False, "on": True}
_ARRIVED = 0.2
"""The part of a file that has arrived in the pictures of `progressive`."""


def picture_names() -> list[str]:
    """The names of all pictures."""
    return [
        *(example.name for example in _EXAMPLES),
        *(f"progressive-{name}" for name in _PROGRESSIVE),
        *(f"max-bytes-{limit or 'none'}" for limit in _LIMITS),
    ]


def main() -> None:
    """Write all pictures into the folder."""
    parser = argparse.ArgumentParser(prog="python -m local.options_page", description=__doc__)
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    for example in _EXAMPLES:
        _save(_opened(_collage(example)), folder / f"{example.name}.webp")
    for name, is_on in _PROGRESSIVE.items():
        whole_file = _collage(Example(name, {"progressive": is_on}))
        _save(_arrived(whole_file), folder / f"progressive-{name}.webp")
    for limit in _LIMITS:
        found = _opened(_collage(Example("limit", {"max_bytes": limit})))
        whole = found.resize((1500, 1200), Image.Resampling.BICUBIC)
        _save(whole.crop((600, 100, 1240, 340)), folder / f"max-bytes-{limit or 'none'}.webp")


def _collage(example: Example) -> bytes:
    recipe = _recipe(example.options)
    rows = [_row(example, number) for number in range(example.covers)]
    cells = [recipe.decode(_cover(example, number)) for number in range(example.covers)]
    made = recipe.make(
        Ingredients(
            example.creator,
            placed=rows,
            parts=[cell for cell in cells if isinstance(cell, Image.Image)],
            not_placed=[],
            rows=RowCounts(total=len(rows), placed=len(rows)),
            reasons={},
            outcome=Outcome.COMPLETE,
        )
    )
    return made.objects[0].body


def _recipe(options: Mapping[str, Any]) -> CollageRecipe:
    config = ProcessingConfig(rows=3, cols=5, **options)
    message = ChunkMessage(
        run_id="options-page",
        run_timestamp=RunTimestamp.parse("20261101_000000"),
        source=CsvSource("input", "covers.csv", "etag"),
        chunk_id="00000-page",
        byte_range=(0, 1),
        rows=1,
        creators=1,
        config=config,
        output_prefix="",
        trigger=Trigger.MANUAL,
        window=_OCTOBER,
    )
    return CollageRecipe(
        message, config.cells, by_creator_copies=False, cell_size=DEFAULT_CELL_SIZE
    )


def _row(example: Example, number: int) -> CoverRow:
    moment = _OCTOBER.end - timedelta(days=1 + 2 * number)
    return CoverRow(example.creator, f"https://covers.example/{number}.jpg", moment, number, 0)


def _cover(example: Example, number: int) -> bytes:
    if example.is_of_people:
        return portrait([*ASPECTS][number], _PEOPLE, held_out=True).jpeg
    mark = Mark(BY_NAME[example.creator], example.covers - number)
    file = BytesIO()
    draw_poster(mark, example.shapes[number % len(example.shapes)]).save(file, "JPEG", quality=90)
    return file.getvalue()


def _opened(body: bytes) -> Image.Image:
    return Image.open(BytesIO(body)).convert("RGB")


def _arrived(body: bytes) -> Image.Image:
    """The picture as a browser shows it when only a part of the file has arrived."""
    ImageFile.LOAD_TRUNCATED_IMAGES = True
    try:
        return _opened(body[: int(len(body) * _ARRIVED)])
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = False


def _save(picture: Image.Image, path: Path) -> None:
    if picture.width > _WIDTH:
        height = round(picture.height * _WIDTH / picture.width)
        picture = picture.resize((_WIDTH, height), Image.Resampling.LANCZOS)
    picture.save(path, quality=82, method=6)
    print(path)


if __name__ == "__main__":
    main()
