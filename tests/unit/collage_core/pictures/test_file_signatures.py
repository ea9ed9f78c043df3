import pytest

from collage_core.contract.reasons import Reason
from collage_core.pictures.file_signatures import why_unreadable


@pytest.mark.parametrize(
    "body",
    [
        b"\xff\xd8\xff\xe0\x00\x10JFIF",
        b"\x89PNG\r\n\x1a\n",
        b"GIF89a",
        b"RIFF\x10\x00\x00\x00WEBPVP8 ",
        b"\x00\x00\x00\x20ftypavif\x00\x00\x00\x00",
        b"\x00\x00\x00\x20ftypmif1\x00\x00\x00\x00avifmiaf",
    ],
)
def test_a_known_format_that_cannot_be_read_is_a_broken_file(body: bytes) -> None:
    assert why_unreadable(body) == Reason.TRUNCATED_IMAGE


@pytest.mark.parametrize(
    "body",
    [
        b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic",
        b"\x00\x00\x00\x18ftypmif1\x00\x00\x00\x00heic",
        b"\x00\x00\x00\x18ftypmp42",
        b"BM\x36\x00",
        b"II*\x00\x08",
        b"MM\x00*",
        b"\x00\x00\x01\x00",
        b"\x00\x00\x00\x0cJXL ",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"\xef\xbb\xbf<?xml version='1.0'?><!-- drawn by hand --><SVG/>",
        b"<!-- of a <html> page --><!DOCTYPE svg><svg:svg><foreignObject><body>",
    ],
)
def test_another_kind_of_picture_is_an_unsupported_format(body: bytes) -> None:
    assert why_unreadable(body) == Reason.UNSUPPORTED_FORMAT


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"<!doctype html><title>Access denied</title>",
        b"<!doctype html><html><head><body><svg width='1'/>",
        b"<!-- svg --><title>Access denied</title><svg>",
        b'{"error": "expired"}',
        b"%PDF-1.7",
        b"\x00" * 100,
        b"PK\x03\x04",
    ],
)
def test_anything_else_is_not_an_image(body: bytes) -> None:
    assert why_unreadable(body) == Reason.NOT_AN_IMAGE
