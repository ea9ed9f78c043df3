from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from collage_core.contract.picture_options import PictureOptions
from collage_core.contract.window import Window
from collage_core.covers.rows import CoverRow
from collage_core.pictures.text.scripts import cleaned, in_drawing_order
from collage_core.recipes.collage.captions import NO_CAPTIONS, Captions, captions_of

OCTOBER = Window(datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC))


def row(*moment: int) -> CoverRow:
    return CoverRow(
        creator="mira",
        url="https://a.example/1.jpg",
        updated_at=datetime(*moment, tzinfo=UTC) if moment else None,  # type: ignore[arg-type]
        line=2,
        offset=0,
    )


PLACED = [row(2026, 10, 30, 23, 59), row(2026, 10, 2), row()]


def captions(
    *, creator: str = "mira", placed: Any = PLACED, window: Window | None = OCTOBER, **options: Any
) -> Captions:
    return captions_of(PictureOptions(**options), creator, placed, window)


def title(text: str, **arguments: Any) -> str:
    return in_drawing_order(cleaned(captions(title=text, **arguments).title))


def test_by_default_nothing_is_written() -> None:
    assert captions() == NO_CAPTIONS


def test_a_label_is_the_day_of_its_cover_or_empty_without_one() -> None:
    assert captions(labels="date").labels == ["2026-10-30", "2026-10-02", ""]


def test_days_are_those_of_utc() -> None:
    west = datetime(2026, 10, 30, 23, tzinfo=timezone(timedelta(hours=-8)))
    placed = [row()._replace(updated_at=west)]
    assert captions(labels="date", placed=placed).labels == ["2026-10-31"]
    assert title("{start}", placed=placed, window=None) == "2026-10-31"


def test_a_label_is_the_name_of_the_creator() -> None:
    assert captions(labels="creator").labels == ["mira"] * 3


def test_a_title_names_the_creator_and_the_first_and_the_last_day_of_the_window() -> None:
    assert title("{creator}: {start} to {end}") == "mira: 2026-10-01 to 2026-10-31"


def test_the_last_day_of_a_window_that_ends_within_a_day_is_that_day() -> None:
    window = Window(OCTOBER.start, datetime(2026, 10, 15, 12, tzinfo=UTC))
    assert title("{end}", window=window) == "2026-10-15"


def test_without_a_window_the_days_are_those_of_the_covers() -> None:
    assert title("{start} to {end}", window=None) == "2026-10-02 to 2026-10-30"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("{creator}, {start} – {end}", "mira"),  # noqa: RUF001
        ("{start}/{end}", ""),
        ("{start} – {end}: {creator}", "mira"),  # noqa: RUF001
        ("Covers of {creator}", "Covers of mira"),
        ("- {creator} -", "- mira -"),
    ],
)
def test_without_any_day_no_dash_or_comma_is_left_over(text: str, found: str) -> None:
    assert title(text, window=None, placed=[row()]) == found


@pytest.mark.parametrize("text", ["100% {of} {{creator}", "{0}", "{creator.__class__}", "}{"])
def test_other_braces_are_text_like_any_other(text: str) -> None:
    assert title(text) == text.replace("{creator}", "mira")


def test_a_name_with_braces_is_not_filled_in_again() -> None:
    assert title("{creator}", creator="{start}") == "{start}"


def test_an_arabic_name_leaves_the_order_of_the_title_as_it_is() -> None:
    found = title("{creator}, {start} – {end}", creator="שלום")  # noqa: RUF001
    assert found == "םולש, 2026-10-01 – 2026-10-31"  # noqa: RUF001
