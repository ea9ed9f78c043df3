"""Headers for a host, against real servers: who gets them, and where they must not appear."""

from collections.abc import Iterator
from email import message_from_bytes
from pathlib import Path

import pytest

from collage_core.contract.config import ProcessingConfig
from collage_core.hosts.request_headers import RequestHeaders
from collage_core.sources.http.answers.failed_answers import redact
from collage_core.sources.http.fetcher import Fetcher
from collage_core.sources.result import Failed, Fetched
from tests.support.certificates import Authority
from tests.support.cover_host import CoverHost, cover_host, redirect, response
from tests.support.fetching import PLENTY

SECRET = "Bearer s3cret-of-the-source"
BODY = b"a picture"


@pytest.fixture
def host() -> Iterator[CoverHost]:
    with cover_host() as host:
        yield host


@pytest.fixture
def other() -> Iterator[CoverHost]:
    with cover_host(address="127.0.0.2") as host:
        yield host


def fetch(
    url: str, headers: dict[str, dict[str, str]], *, keep_answers: bool = False
) -> Fetched | Failed:
    with Fetcher(
        ["127.0.0.1", "127.0.0.2"],
        ProcessingConfig(max_retries=1, timeout=5),
        request_headers=RequestHeaders(headers),
        keep_answers=keep_answers,
    ) as fetcher:
        return fetcher.fetch(url, seconds_left=PLENTY)


def sent(host: CoverHost, index: int = -1) -> dict[str, list[str]]:
    """The headers of a request by name in lower case."""
    read = message_from_bytes(host.heads[index].partition(b"\r\n")[2])
    return {name.lower(): read.get_all(name, []) for name in read}


def test_a_host_gets_its_headers_once_each_in_the_place_of_ours(host: CoverHost) -> None:
    headers = {"127.0.0.1": {"user-AGENT": "a browser", "Referer": "https://www.example/"}}
    assert fetch(host.answer("/a.jpg", response(BODY)), headers) == Fetched(BODY)
    got = sent(host)
    assert got["user-agent"] == ["a browser"]
    assert got["referer"] == ["https://www.example/"]
    assert got["accept-encoding"] == ["identity"]
    assert got["host"] == [f"127.0.0.1:{host.port}"]


def test_another_host_gets_none_of_them_after_a_redirect(host: CoverHost, other: CoverHost) -> None:
    picture = other.answer("/b.jpg", response(BODY))
    url = host.answer("/a.jpg", redirect(picture))
    assert fetch(url, {"127.0.0.1": {"Authorization": SECRET}}) == Fetched(BODY)
    assert sent(host)["authorization"] == [SECRET]
    assert "authorization" not in sent(other)
    assert sent(other)["user-agent"] == ["cover-collage"]


def test_nothing_goes_over_http_after_https(
    host: CoverHost, other: CoverHost, tmp_path: Path
) -> None:
    authority = Authority.create(tmp_path / "authority.pem")
    plain = host.answer("/b.jpg", response(BODY))
    with (
        cover_host(authority.server_context(tmp_path, address="127.0.0.1")) as secure,
        Fetcher(
            ["127.0.0.1", "127.0.0.2"],
            ProcessingConfig(),
            request_headers=RequestHeaders({"127.0.0.1": {"X-Key": SECRET}}),
        ) as fetcher,
    ):
        pools = fetcher._transport._pools
        pools.connection_pool_kw["ssl_context"].load_verify_locations(authority.path)
        straight = secure.answer("/a.jpg", redirect(plain))
        assert fetcher.fetch(straight, seconds_left=PLENTY) == Fetched(BODY)
        over_another = secure.answer("/a.jpg", redirect(other.answer("/c.jpg", redirect(plain))))
        assert fetcher.fetch(over_another, seconds_left=PLENTY) == Fetched(BODY)
        assert sent(secure)["x-key"] == [SECRET]
        assert ["x-key" in sent(host, index) for index in range(2)] == [False, False]
        assert fetcher.fetch(plain, seconds_left=PLENTY) == Fetched(BODY)
        assert sent(host)["x-key"] == [SECRET]


def test_each_host_of_a_chain_gets_its_own(host: CoverHost, other: CoverHost) -> None:
    back = host.answer("/c.jpg", response(BODY))
    url = host.answer("/a.jpg", redirect(other.answer("/b.jpg", redirect(back))))
    headers = {"127.0.0.1": {"X-Key": "one"}, "127.0.0.2": {"X-Key": "two"}}
    assert fetch(url, headers) == Fetched(BODY)
    assert [sent(host, index)["x-key"] for index in range(2)] == [["one"], ["one"]]
    assert sent(other)["x-key"] == ["two"]


def test_a_retry_has_them_too(host: CoverHost) -> None:
    url = host.answer("/a.jpg", response(status=503, Retry_After="0"), response(BODY))
    assert fetch(url, {"127.0.0.1": {"X-Key": "one"}}) == Fetched(BODY)
    assert [sent(host, index)["x-key"] for index in range(2)] == [["one"], ["one"]]


@pytest.mark.parametrize(
    "page",
    [
        f"<p>{SECRET}</p>",
        "<p>s3cret-of-the-source</p>",
        '{"you sent": "Bearer s3cret\\u002dof-the-source"}',
        "S3CRET-OF-THE-SOURCE",
        "referer: www.example/page-of-a-partner",
    ],
)
def test_a_page_that_repeats_them_is_kept_without_them(host: CoverHost, page: str) -> None:
    headers = {"127.0.0.1": {"X-Key": SECRET, "Referer": "https://www.example/page-of-a-partner"}}
    answer = response(b"\x1f", Content_Encoding="br", X_Echo=SECRET, X_Page=page)
    found = fetch(host.answer("/a.jpg", answer), headers, keep_answers=True)
    assert isinstance(found, Failed)
    assert found.answer is not None
    assert "s3cret" not in repr(found.answer)
    kept = repr(redact(found.answer).fields["headers"]).lower()
    assert "s3cret" not in kept
    assert "partner" not in kept
    plain = fetch(host.answer("/b.jpg", response(page.encode())), headers, keep_answers=True)
    assert plain.answer is not None
    body = redact(plain.answer).body
    assert body is not None
    assert len(body) == len(page)
    for piece in (b"s3cret", b"the-source", b"partner"):
        assert piece not in body.lower()


def test_no_log_line_has_a_value(host: CoverHost, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    url = host.answer("/a.jpg", response(status=503), response(status=403))
    assert fetch(url, {"127.0.0.1": {"X-Key": SECRET}}) == Failed("http_403")
    assert caplog.records
    assert "s3cret" not in caplog.text
