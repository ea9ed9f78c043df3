"""Names that people take for each other look the same, and others do not."""

import pytest

from collage_core.layout.alike import look


@pytest.mark.parametrize(
    "other", ["Ana", "aná", "a na", " ana ", "ANA\u0301", "\uff41\uff4e\uff41"]
)
def test_case_accents_blanks_and_widths_are_not_seen(other: str) -> None:
    assert look(other) == look("ana")


@pytest.mark.parametrize("other", ["anna", "an", "ana_", "ana1", ""])
def test_letters_are(other: str) -> None:
    assert look(other) != look("ana")
