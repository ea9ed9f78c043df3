import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops

from collage_core.pictures.text.fonts import _FONTS, font, index_of_font
from collage_core.pictures.text.line import Line, fitted_line
from collage_core.pictures.text.scripts import cleaned
from tests.support.pictures import alike

PIXELS = 24


def letters(text: str, width: float = 10_000) -> str:
    return "".join(piece.letters for piece in fitted_line(text, pixels=PIXELS, width=width).pieces)


def drawn(line: Line, width: int = 400, height: int = 60) -> Image.Image:
    image = Image.new("RGB", (width, height))
    line.draw(image, 10, 40, "#ffffff")
    return image


@pytest.mark.parametrize(
    "name",
    [
        *("mira.cooks", "Ana Müller", "Nguyễn Thị Ánh", "Żółć", "Ωμέγα", "Жанна Їжак"),
        *("日本語のカバー", "汉语", "漢語", "한국어 채널", "Հայերեն", "ქართული", "አማርኛ"),
        *("ไทย", "🎨 lab 🦊", "100%_legit?x=1#top", '"quote"', "..", "♥ ★ №"),
    ],
)
def test_names_in_these_scripts_are_drawn_letter_by_letter(name: str) -> None:
    assert letters(name) == name


def test_every_font_is_there_and_draws_what_no_font_before_it_has() -> None:
    letter_of_each = "aمשՀქአไ漢♈🦊"
    assert [index_of_font(letter) for letter in letter_of_each] == list(range(len(_FONTS)))


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("हिन्दी", ""),
        ("देव - नागरी", ""),
        ("देव नागरी 2024", "2024"),
        ("Anna देव", "Anna"),
        ("\U0001d4ef\U0001d4ea\U0001d4f7 \U0001d57f", "fan T"),  # script and fraktur
        ("\U000f0000", ""),
        ("", ""),
        (" \t\n", ""),
    ],
)
def test_letters_without_a_font_are_left_out_and_never_drawn_as_boxes(
    name: str, found: str
) -> None:
    assert letters(name) == found
    assert bool(fitted_line(name, pixels=PIXELS, width=300)) == bool(found)


@pytest.mark.parametrize(
    "name", ["mira.cooks", "日本語のカバー", "مطبخ ليلى", "x" * 255, "ж" * 200]
)
@pytest.mark.parametrize("width", [60, 120, 200])
def test_a_line_is_as_long_as_fits_and_says_with_an_ellipsis_that_it_goes_on(
    name: str, width: int
) -> None:
    line = fitted_line(name, pixels=PIXELS, width=width)
    whole = fitted_line(name, pixels=PIXELS, width=10_000)
    assert 0 < line.width <= width
    if whole.width <= width:
        assert line == whole
    else:
        assert "…" in {letter for piece in line.pieces for letter in piece.letters}
        assert line.width > width - 3 * PIXELS


@pytest.mark.parametrize("letter", ["x", "م", "\u0301"])
def test_a_name_of_a_hundred_thousand_letters_takes_no_longer_than_one_of_thousands(
    letter: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured: list[int] = []
    monkeypatch.setattr(
        "collage_core.pictures.text.line.cleaned",
        lambda text: (measured.append(len(text)), cleaned(text))[1],
    )
    line = fitted_line("a" + letter * 100_000, pixels=PIXELS, width=200)
    assert max(measured) < 5000
    assert "…" in {each for piece in line.pieces for each in piece.letters}
    assert line.width <= 200


def test_nothing_is_drawn_where_not_even_a_letter_fits() -> None:
    assert not fitted_line("mira.cooks", pixels=PIXELS, width=20)
    assert not fitted_line("mira.cooks", pixels=PIXELS, width=-5)


@given(st.text(max_size=40), st.integers(1, 300))
@settings(max_examples=60, deadline=None)
def test_any_text_is_drawn_within_its_width(text: str, width: int) -> None:
    line = fitted_line(text, pixels=12, width=width)
    assert line.width <= width
    missing = font(0, 12).getmask("\U0010ffff")
    for piece in line.pieces:
        for letter in piece.letters:
            assert bytes(font(piece.font, 12).getmask(letter)) != bytes(missing) or letter == " "


@pytest.mark.parametrize("name", ["mira.cooks", "日本語のカバー", "مطبخ ليلى", "🦊"])
def test_a_line_is_where_it_says_and_in_its_colour(name: str) -> None:
    line = fitted_line(name, pixels=PIXELS, width=380)
    left, top, right, bottom = drawn(line).getbbox() or (0, 0, 0, 0)
    assert left >= 8
    assert right <= 12 + line.width
    assert 40 - 1.3 * PIXELS <= top < bottom <= 40 + 0.5 * PIXELS
    assert max(most for _, most in drawn(line).getextrema()) == 255
    assert alike(drawn(line).getpixel((0, 0)), (0, 0, 0), within=0)  # type: ignore[arg-type]


def test_a_tone_above_a_vowel_of_thai_does_not_cover_it() -> None:
    def ink(text: str) -> int:
        return sum(drawn(fitted_line(text, pixels=PIXELS, width=380)).convert("L").tobytes())

    tone = ink("ท่") - ink("ท")
    assert ink("ที่") - ink("ที") == pytest.approx(tone, rel=0.1)


def test_the_same_text_gives_the_same_pixels() -> None:
    first = drawn(fitted_line("Ana 日本 مطبخ 🎨", pixels=PIXELS, width=380))
    fitted_line.cache_clear()
    again = drawn(fitted_line("Ana 日本 مطبخ 🎨", pixels=PIXELS, width=380))
    assert ImageChops.difference(first, again).getbbox() is None
