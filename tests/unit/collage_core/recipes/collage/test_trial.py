"""The trial collage needs every library and every font that a collage may need."""

import io
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from PIL import Image

from collage_core.pictures.text import fonts
from collage_core.pictures.text.line import fitted_line
from collage_core.recipes.collage.trial import trial_collage
from tests.support.pictures import alike, pixel

FORMATS = 5


def test_it_shows_a_cover_in_each_format() -> None:
    collage = Image.open(io.BytesIO(trial_collage().picture))
    for number in range(FORMATS):
        left, right = ((number + part) / FORMATS for part in (0.25, 0.75))
        assert alike(pixel(collage, left, 0.4), (200, 80, 40), within=40)
        assert alike(pixel(collage, right, 0.4), (40, 80, 200), within=40)


@pytest.mark.parametrize("library", ["_imaging", "_imagingft", "_imagingcms", "_webp", "_avif"])
def test_it_fails_without_a_native_library_of_pillow(library: str) -> None:
    program = (
        f"import sys; sys.modules['PIL.{library}'] = None\n"
        "from collage_core.recipes.collage.trial import trial_collage\n"
        "trial_collage()"
    )
    result = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", program],
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
    formats = {"_imagingcms": "PNG", "_webp": "WEBP", "_avif": "AVIF"}
    named = {name: f"{kind} cannot be decoded" for name, kind in formats.items()}
    assert named.get(library, library) in result.stderr.splitlines()[-1]


@pytest.fixture
def nothing_remembered() -> Iterator[None]:
    """Fonts are read again: before, because others have read them, and after."""
    remembered = (fonts.font, fonts._mask, fonts.index_of_font, fitted_line)
    for function in remembered:
        function.cache_clear()
    yield
    for function in remembered:
        function.cache_clear()


@pytest.mark.usefixtures("nothing_remembered")
@pytest.mark.parametrize("missing", range(len(fonts._FONTS)))
def test_it_fails_without_any_one_font(monkeypatch: pytest.MonkeyPatch, missing: int) -> None:
    there = [*fonts._FONTS]
    there[missing] = (there[missing][0], "nowhere.ttf")
    monkeypatch.setattr(fonts, "_FONTS", tuple(there))
    with pytest.raises(OSError, match="cannot open resource"):
        trial_collage()
