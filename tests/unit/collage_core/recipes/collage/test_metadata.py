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
    assert document["grid"] == {"rows": 2, "cols": 3, "cell_width": 180, "cell_height": 240}
    assert (document["schema_version"], document["run_id"]) == (1, "monthly-1")
    assert (document["creator"], document["outcome"]) == ("aná", "partial")
    assert document["rows"] == to_json(RESULT.rows)
