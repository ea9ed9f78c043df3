from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from collage_core.contract.config import ProcessingConfig
from collage_core.contract.window import Window
from collage_core.covers.rows import CoverRow
from collage_core.recipes.collage.about import about_collage, alt_text
from collage_core.recipes.collage.captions import captions_of
from tests.support.chunks import message

OCTOBER = Window(datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC))


def row(day: int | None) -> CoverRow:
    updated_at = datetime(2026, 10, day, 23, 30, tzinfo=UTC) if day else None
    return CoverRow("ana", "https://cdn/1.jpg?x-signature=secret", updated_at, 1, 0)


@pytest.mark.parametrize(
    ("days", "text"),
    [
        ([31, 5, 3], "Collage of 3 covers by ana, 2026-10-03 to 2026-10-31"),
        ([3, None, 31], "Collage of 3 covers by ana, 2026-10-03 to 2026-10-31"),
        ([7, 7], "Collage of 2 covers by ana, 2026-10-07"),
        ([7], "Collage of 1 cover by ana, 2026-10-07"),
        ([None, None], "Collage of 2 covers by ana"),
    ],
)
def test_the_alt_text_says_how_many_covers_of_whom_and_from_when(
    days: list[int | None], text: str
) -> None:
    assert alt_text("ana", [*map(row, days)]) == text


def test_the_run_and_its_window_are_named_and_no_url() -> None:
    chunk = message(b"x")
    about = about_collage(replace(chunk, window=OCTOBER), "ana", [row(7)])
    assert b">monthly-1<" in about.xmp
    assert b">2026-10-01T00:00:00Z/2026-11-01T00:00:00Z<" in about.xmp
    assert b"cover-collage " in about.exif
    assert b"cdn" not in about.exif + about.xmp
    assert b"coverage" not in about_collage(chunk, "ana", [row(7)]).xmp


def test_the_dates_are_there_whatever_the_length_of_the_name() -> None:
    about = about_collage(message(b"x"), "&" * 70_000, [row(7)])
    assert b", 2026-10-07<" in about.xmp


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+05:00", "9999-12-31T23:59:59-10:00"])
def test_a_date_that_utc_does_not_have_does_not_end_the_chunk(text: str) -> None:
    at_the_edge = row(7)._replace(updated_at=datetime.fromisoformat(text))
    assert alt_text("ana", [at_the_edge]) == f"Collage of 1 cover by ana, {text[:10]}"
    dates = captions_of(
        ProcessingConfig(labels="date", title="{start}"), "ana", [at_the_edge], None
    )
    assert dates.labels == [text[:10]]
