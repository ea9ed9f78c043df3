import gzip
import zlib

import pytest

from collage_core.sources.http.answers.content_coding import undo_codings
from collage_core.sources.http.answers.recorder import KEPT_BYTES
from tests.support.pictures import encoded, numbered

PAGE = b"<html>" + b"no cover here, " * 200 + b"</html>"
JPEG = encoded(numbered(1))
GZIP = gzip.compress(PAGE, mtime=0)
BROTLI = bytes.fromhex("1b17000004a6ba9a8d0ba1b1c9b1b5b9b9")


def raw_deflate(data: bytes) -> bytes:
    deflater = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return deflater.compress(data) + deflater.flush()


@pytest.mark.parametrize(
    ("body", "headers", "plain"),
    [
        (PAGE, [], PAGE),
        (PAGE, [("Content-Encoding", "identity")], PAGE),
        (PAGE, [("Transfer-Encoding", "chunked")], PAGE),
        (GZIP, [("Content-Encoding", "gzip")], PAGE),
        (GZIP, [("content-encoding", " GZIP\t")], PAGE),
        (GZIP, [("Content-Encoding", "x-gzip")], PAGE),
        (GZIP, [("Transfer-Encoding", "gzip, chunked")], PAGE),
        (zlib.compress(PAGE), [("Content-Encoding", "deflate")], PAGE),
        (raw_deflate(PAGE), [("Content-Encoding", "deflate")], PAGE),
        (gzip.compress(GZIP, mtime=0), [("Content-Encoding", "gzip, gzip")], PAGE),
        (gzip.compress(GZIP, mtime=0), [("Content-Encoding", "gzip")] * 2, PAGE),
        (JPEG, [("Content-Encoding", "gzip")], JPEG),
        (JPEG, [("Content-Encoding", "br")], JPEG),
        (PAGE, [("Content-Encoding", "aws-chunked")], PAGE),
        (b"", [("Content-Encoding", "br")], b""),
        (BROTLI, [("Content-Encoding", "br")], None),
        (GZIP, [("Content-Encoding", "br")], None),
        (GZIP, [("Content-Encoding", "gzip, br")], None),
        (GZIP[:3], [("Content-Encoding", "gzip")], None),
    ],
)
def test_a_body_is_decoded_completely_or_not_at_all(
    body: bytes, headers: list[tuple[str, str]], plain: bytes | None
) -> None:
    assert undo_codings(body, headers) == plain


def test_a_truncated_or_broken_body_is_decoded_up_to_the_fault() -> None:
    page = b"".join(b"<p>%d</p>" % number for number in range(9000))
    packed = gzip.compress(page, mtime=0)
    for broken in (packed[:-900], packed[:9000] + b"\xff" * 900):
        plain = undo_codings(broken, [("Content-Encoding", "gzip")])
        assert plain
        assert len(plain) > 1000
        assert page.startswith(plain[:1000])


def test_only_the_first_bytes_of_a_body_are_decoded() -> None:
    packed = gzip.compress(b"a" * 10_000_000, mtime=0)
    assert undo_codings(packed, [("Content-Encoding", "gzip")]) == b"a" * KEPT_BYTES
