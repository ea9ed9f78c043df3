"""What is embedded, read back by Pillow and by lxml, which refuses XML that is not well-formed."""

from io import BytesIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from PIL import ExifTags, Image

from collage_core.contract.picture_options import PictureFormat
from collage_core.pictures.description import (
    LONGEST_NAME,
    NOTHING_EMBEDDED,
    Description,
    embedded,
    plain_text,
)

FORMATS: dict[PictureFormat, str] = {"jpg": "JPEG", "webp": "WEBP", "png": "PNG"}
DESCRIPTION = Description(
    creator='Ana & <Müller> "大" ]]> \' مينا',
    alt_text="Collage of 2 covers by Ana & co., 2026-10-03",
    software="cover-collage 1",
    run_id="monthly-1",
    period="2026-10-01T00:00:00Z/2026-11-01T00:00:00Z",
)


def saved(picture_format: PictureFormat, description: Description) -> Image.Image:
    file = BytesIO()
    options = embedded(description).save_options(picture_format)
    Image.new("RGB", (8, 8), (200, 30, 30)).save(file, FORMATS[picture_format], **options)
    return Image.open(BytesIO(file.getvalue()))


def xmp_of(image: Image.Image) -> dict[str, str]:
    """The properties in a file, by their short names."""
    root = etree.fromstring(image.info["xmp"])
    (about,) = root.iter("{http://www.w3.org/1999/02/22-rdf-syntax-ns#}Description")
    return {
        f"{prop.prefix}:{etree.QName(prop).localname}": "".join(prop.itertext()) for prop in about
    }


def exif_of(image: Image.Image) -> dict[str, Any]:
    return {ExifTags.TAGS[tag]: value for tag, value in image.getexif().items()}


@pytest.mark.parametrize("picture_format", FORMATS)
def test_every_format_says_who_what_when_and_by_which_run(picture_format: PictureFormat) -> None:
    image = saved(picture_format, DESCRIPTION)
    assert xmp_of(image) == {
        "dc:creator": DESCRIPTION.creator,
        "dc:description": DESCRIPTION.alt_text,
        "Iptc4xmpCore:AltTextAccessibility": DESCRIPTION.alt_text,
        "dc:relation": "monthly-1",
        "dc:coverage": DESCRIPTION.period,
        "xmp:CreatorTool": "cover-collage 1",
    }
    exif = exif_of(image)
    assert exif["ImageDescription"] == DESCRIPTION.alt_text
    assert exif["Software"] == "cover-collage 1"
    assert exif.keys() == {"ImageDescription", "Artist", "Software"}
    assert DESCRIPTION.creator.encode() in embedded(DESCRIPTION).exif


@pytest.mark.parametrize("picture_format", FORMATS)
def test_the_pixels_are_those_without_a_description(picture_format: PictureFormat) -> None:
    plain = BytesIO()
    picture = Image.effect_noise((64, 64), 80).convert("RGB")
    picture.save(plain, FORMATS[picture_format], **NOTHING_EMBEDDED.save_options(picture_format))
    described = BytesIO()
    options = embedded(DESCRIPTION).save_options(picture_format)
    picture.save(described, FORMATS[picture_format], **options)
    assert b"cover-collage" not in plain.getvalue()
    assert Image.open(described).tobytes() == Image.open(plain).tobytes()


def test_the_same_description_gives_the_same_bytes() -> None:
    assert embedded(DESCRIPTION) == embedded(DESCRIPTION)


@given(
    creator=st.text(st.characters(exclude_categories=[])),
    picture_format=st.sampled_from([*FORMATS]),
)
def test_a_name_of_any_characters_can_be_read_back_from_any_format(
    creator: str, picture_format: PictureFormat
) -> None:
    image = saved(picture_format, Description(creator, creator, "s", "r"))
    shown = xmp_of(image)
    assert shown["dc:creator"] == plain_text(creator)
    assert "dc:coverage" not in shown


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a\nb\r\n\tc", "a b c"),
        ("a\x00b\x07\x7f\x85", "a\ufffdb\ufffd\ufffd\ufffd"),
        ("half \ud83d of a pair", "half \ufffd of a pair"),
        ("\ufffe\uffff", "\ufffd\ufffd"),
        ("😀", "😀"),
    ],
)
def test_what_xml_cannot_hold_is_replaced(name: str, shown: str) -> None:
    assert plain_text(name) == shown


@pytest.mark.parametrize("character", ["&", "😀", '"', "<", "\x00"])
@pytest.mark.parametrize("picture_format", FORMATS)
def test_texts_of_any_length_fit_into_a_file(character: str, picture_format: PictureFormat) -> None:
    long = character * 70_000
    description = Description(long, long, "cover-collage 10.10.10", "r" * 200, DESCRIPTION.period)
    about = embedded(description)
    assert len(about.exif) + len(about.xmp) < 7_000
    image = saved(picture_format, description)
    shown = xmp_of(image)["dc:creator"]
    assert len(shown) == LONGEST_NAME
    assert shown.endswith("…")
