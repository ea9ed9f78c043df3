import pytest
from hypothesis import given
from hypothesis import strategies as st

from collage_core.pictures.text.scripts import cleaned, in_drawing_order, isolated


def ordered(text: str) -> str:
    return in_drawing_order(cleaned(text))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ana\u0301", "an\u00e1"),
        ("a\u200bb\u202ec\x00", "abc"),
        (" two\n words\u3000here ", "two words here"),
        ("👩\u200d👩\u200d👧", "👩👩👧"),
        ("❤\ufe0f 👍🏽", "❤ 👍"),
        ("plain", "plain"),
    ],
)
def test_only_what_can_be_seen_is_drawn(text: str, found: str) -> None:
    assert ordered(text) == found


def test_hebrew_is_drawn_from_its_end() -> None:
    assert ordered("שלום") == "םולש"
    assert ordered("\u05e9\u05b8\u05dc") == "\u05dc\u05e9"  # without its points


def test_arabic_letters_are_joined() -> None:
    assert ordered("مطبخ") == "\ufea6\ufe92\ufec4\ufee3"  # final, medial, medial, initial


def test_numbers_and_latin_words_keep_their_order_within_hebrew() -> None:
    assert ordered("שלום abc 123") == "abc 123 םולש"


@pytest.mark.parametrize("pair", ["()", "[]", "{}", "<>", "«»"])
def test_brackets_open_towards_what_they_hold(pair: str) -> None:
    opening, closing = pair
    assert ordered(f"א {opening}ב{closing}") == f"{opening}ב{closing} א"
    assert ordered(f"a {opening}b{closing} ג") == f"a {opening}b{closing} ג"


def test_an_isolated_name_does_not_turn_what_is_around_it() -> None:
    name, day = isolated("שלום"), isolated("2026-10-01")
    assert ordered(f"{name}, {day}") == "םולש, 2026-10-01"
    assert ordered(f"Covers of {name} (2026)") == "Covers of םולש (2026)"


@given(st.text())
def test_ordering_neither_adds_nor_repeats_spaces(text: str) -> None:
    found = ordered(text)
    assert found == " ".join(found.split())
