from datetime import UTC, datetime

from collage_core.contract.books import RowCounts
from collage_core.contract.cell_size import CELL_SIZES
from collage_core.contract.document import to_json
from collage_core.contract.receipt import CreatorResult, Outcome
from collage_core.covers.rows import CoverRow
from collage_core.recipes.collage.metadata import creator_metadata
from tests.support.chunks import recipe

RECIPE = recipe(b"the rows")
RESULT = CreatorResult(
    "aná", Outcome.PARTIAL, RowCounts(total=6, placed=4, failed=2), "collages/x", {"http_404": 1}
)


def cover(number: int, updated_at: datetime | None = None) -> CoverRow:
    return CoverRow("aná", f"https://cdn/{number}.jpg?x-signature=s#f", updated_at, number, 0)


def test_each_cell_names_its_place_and_its_cover() -> None:
    newest = datetime(2026, 9, 30, 12, tzinfo=UTC)
    metadata = creator_metadata(
        RECIPE.message,
        RESULT,
        cell_size=CELL_SIZES["180x240"],
        placed=[cover(0, newest), *map(cover, range(1, 4))],
        others=[(cover(8), "duplicate"), (cover(9), "http_404")],
    )
    document = to_json(metadata)
    assert [(cell["row"], cell["col"]) for cell in document["cells"]] == [
        (0, 0),
        (0, 1),
        (0, 2),
        (1, 0),
    ]
    assert document["cells"][0] == {
        "row": 0,
        "col": 0,
        "url": "https://cdn/0.jpg",
        "updated_at": "2026-09-30T12:00:00+00:00",
    }
    assert document["not_placed"] == [
        {"url": "https://cdn/8.jpg", "updated_at": None, "reason": "duplicate"},
        {"url": "https://cdn/9.jpg", "updated_at": None, "reason": "http_404"},
    ]
    assert document["grid"] == {
        "rows": 2,
        "cols": 3,
        "cell_width": 180,
        "cell_height": 240,
        "canvas": {
            "width": 540,
            "height": 480,
            "rows": 2,
            "cols": 3,
            "left": 0,
            "top": 0,
            "gutter": 0,
        },
    }
    assert (document["schema_version"], document["run_id"]) == (1, "monthly-1")
    assert (document["creator"], document["outcome"]) == ("aná", "partial")
    assert document["rows"] == to_json(RESULT.rows)


def test_a_reader_finds_each_cell_by_the_canvas() -> None:
    asked = {"trim": True, "gutter": 5, "margin": 9, "title": "{creator}"}
    document = to_json(
        creator_metadata(
            recipe(b"x", **asked).message,
            RESULT,
            cell_size=CELL_SIZES["180x240"],
            placed=[cover(0), cover(1)],
            others=[],
        )
    )
    grid = document["grid"]
    assert (grid["rows"], grid["cols"]) == (2, 3)
    assert grid["canvas"] == {
        "width": 9 + 180 + 5 + 180 + 9,
        "height": 9 + 40 + 240 + 9,
        "rows": 1,
        "cols": 2,
        "left": 9,
        "top": 9 + 40,
        "gutter": 5,
    }


def test_without_a_collage_there_is_no_canvas() -> None:
    document = to_json(
        creator_metadata(
            RECIPE.message,
            RESULT,
            cell_size=CELL_SIZES["180x240"],
            placed=[],
            others=[(cover(8), "http_404")],
        )
    )
    assert document["grid"].keys() == {"rows", "cols", "cell_width", "cell_height"}
