from io import BytesIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops

from collage_core.contract.picture_options import PictureFormat
from collage_core.pictures import encoding
from collage_core.pictures.encoding import FileFormat, encoded, encoded_jpeg
from tests.support.likeness import ssim
from tests.support.pictures import RED, photograph, plain

PHOTO = photograph(1, 600, 400)
FORMATS: tuple[PictureFormat, ...] = ("jpg", "webp", "png")


def opened(body: bytes) -> Image.Image:
    return Image.open(BytesIO(body))


def file(image: Image.Image = PHOTO, **options: Any) -> bytes:
    return encoded(image, FileFormat(**options))


@pytest.mark.parametrize(
    ("name", "kind", "likeness"), [("jpg", "JPEG", 0.98), ("webp", "WEBP", 0.95), ("png", "PNG", 1)]
)
def test_each_format_holds_the_picture(name: PictureFormat, kind: str, likeness: float) -> None:
    found = opened(file(format=name))
    assert (found.format, found.size, found.mode) == (kind, PHOTO.size, "RGB")
    assert ssim(found, PHOTO) >= likeness


def test_a_jpeg_without_options_is_that_of_before() -> None:
    plain_pillow = BytesIO()
    PHOTO.save(plain_pillow, "JPEG", quality=77, subsampling="4:4:4")
    assert encoded_jpeg(PHOTO, quality=77) == file(quality=77) == plain_pillow.getvalue()


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("limit", [None, 30_000, 10_000])
def test_the_same_picture_gives_the_same_bytes(name: PictureFormat, limit: int | None) -> None:
    assert file(format=name, max_bytes=limit) == file(PHOTO.copy(), format=name, max_bytes=limit)


def test_a_progressive_jpeg_has_the_same_pixels() -> None:
    found = opened(file(progressive=True))
    assert found.info["progressive"]
    assert found.tobytes() == opened(file()).tobytes()


def test_a_canvas_whose_coefficients_would_take_too_much_memory_is_not_progressive(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(encoding, "MAX_PROGRESSIVE_PIXELS", 600 * 400 - 1)
    assert file(progressive=True) == file()
    monkeypatch.setattr(encoding, "MAX_PROGRESSIVE_PIXELS", 600 * 400)
    assert file(progressive=True) != file()


@pytest.mark.parametrize("name", FORMATS)
def test_a_limit_that_is_kept_anyway_changes_nothing(name: PictureFormat) -> None:
    whole = file(format=name)
    assert file(format=name, max_bytes=len(whole)) == whole
    assert file(format=name, max_bytes=len(whole) - 1) != whole


@pytest.mark.parametrize("name", ["jpg", "webp"])
def test_the_quality_is_the_highest_that_fits(name: PictureFormat) -> None:
    small = PHOTO.crop((0, 0, 300, 200))
    by_quality = {quality: file(small, format=name, quality=quality) for quality in range(40, 96)}
    limit = (len(by_quality[95]) + len(by_quality[40])) // 2
    found = file(small, format=name, max_bytes=limit)
    best = max(quality for quality, body in by_quality.items() if len(body) <= limit)
    assert found == by_quality[best]


@pytest.mark.parametrize("name", ["jpg", "webp"])
def test_few_files_are_written_to_find_the_quality(
    monkeypatch: pytest.MonkeyPatch, name: PictureFormat
) -> None:
    tried: list[int] = []
    original = encoding._file

    def counting(image: Image.Image, kind: FileFormat, quality: int) -> bytes:
        tried.append(quality)
        return original(image, kind, quality)

    monkeypatch.setattr(encoding, "_file", counting)
    file(format=name, quality=100, max_bytes=len(original(PHOTO, FileFormat(name), 61)))
    assert tried[:2] == [100, 40]
    assert len(tried) <= 8


@pytest.mark.parametrize("name", FORMATS)
def test_a_picture_that_does_not_fit_at_all_is_made_smaller_in_its_shape(
    name: PictureFormat,
) -> None:
    large = PHOTO.resize((1500, 1000), Image.Resampling.BICUBIC)
    body = file(large, format=name, max_bytes=10_000)
    found = opened(body)
    assert found.width < large.width
    assert found.width / found.height == pytest.approx(1.5, abs=0.03)
    assert ssim(found.convert("RGB"), large.resize(found.size)) > 0.8
    assert 7_000 < len(body) <= 10_000  # not smaller than it has to be


def test_a_quality_below_the_lowest_is_left_as_it_is() -> None:
    body = file(quality=20, max_bytes=len(file(quality=20)) - 1)
    assert opened(body).quantization == opened(file(quality=20)).quantization  # type: ignore[attr-defined]
    assert opened(body).width < PHOTO.width


@given(
    kind=st.builds(
        FileFormat,
        st.sampled_from(FORMATS),
        quality=st.integers(1, 100),
        progressive=st.booleans(),
        max_bytes=st.integers(10_000, 60_000),
    ),
    size=st.tuples(st.integers(1, 700), st.integers(1, 700)),
    noise=st.floats(0, 255),
)
@settings(max_examples=40, deadline=None)
def test_no_file_is_ever_larger_than_its_limit(
    kind: FileFormat, size: tuple[int, int], noise: float
) -> None:
    noisy = Image.merge("RGB", [Image.effect_noise(size, noise) for _ in range(3)])
    body = encoded(noisy, kind)
    assert len(body) <= (kind.max_bytes or 0)
    assert opened(body).width <= size[0]
    assert opened(body).height <= size[1]


def test_a_line_of_pixels_can_be_made_smaller_too() -> None:
    noise = Image.merge("RGB", [Image.effect_noise((20_000, 1), 200)] * 3)
    body = file(noise, format="png", max_bytes=10_000)
    assert len(body) <= 10_000
    assert opened(body).height == 1


@pytest.mark.parametrize("name", ["jpg", "webp"])
def test_what_is_embedded_is_in_the_file_and_counts(name: PictureFormat) -> None:
    embedded = {"xmp": b"<x:xmpmeta>" + b"a" * 5000 + b"</x:xmpmeta>"}
    body = file(format=name, embedded=embedded, max_bytes=20_000)
    assert embedded["xmp"] in body
    assert len(body) <= 20_000


def test_embedding_more_than_the_limit_is_an_error_and_no_endless_search() -> None:
    with pytest.raises(
        ValueError, match=r"what is embedded takes \d+ bytes, and 10000 are allowed"
    ):
        file(plain(RED), embedded={"xmp": b"a" * 20_000}, max_bytes=10_000)


def test_a_picture_that_is_made_smaller_in_strips_has_no_seams() -> None:
    large = photograph(1, 300, 1500)
    limit = len(file(large, format="png")) * 3 // 4
    found = opened(file(large, format="png", max_bytes=limit))
    assert 2 * encoding._STRIP < found.height < large.height  # more than two strips
    whole = large.resize(found.size, Image.Resampling.BICUBIC)
    differences = ImageChops.difference(found, whole).getextrema()
    assert max(most for _, most in differences) <= 1
