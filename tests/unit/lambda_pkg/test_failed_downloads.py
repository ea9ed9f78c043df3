"""What the worker leaves in the temp bucket of covers that failed after a 2xx."""

import gzip
import html
import json
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from PIL import Image

from collage_core.layout import keys
from collage_core.sources.http.answers import failed_answers
from collage_core.sources.http.answers.recorder import KEPT_BYTES
from collage_core.sources.http.bodies import MAX_BODY_BYTES
from tests.support import contracts_page
from tests.support.cover_host import CoverHost, cover_host, redirect, response
from tests.support.lambda_world import (
    HEADER,
    NOTHING_FAILED,
    World,
    chunk_message,
    receipt,
    sqs_event,
    sqs_record,
    with_settings,
)
from tests.support.pictures import encoded, numbered

SIGNATURE = "q+Canary/7h=="
QUERY = f"x-expires=2798761600&x-signature={quote(SIGNATURE, '')}"
FOLDER = keys.failed_downloads("monthly-1", "00000-a")
JPEG = encoded(numbered(1))
HEIC = b"\0\0\0\x18ftypheic\0\0\0\0" + b"\7" * 100_000
HUGE = encoded(Image.new("1", (4000, 4000)), "PNG")


@pytest.fixture(scope="module")
def host() -> Iterator[CoverHost]:
    with cover_host() as running:
        yield running


@pytest.fixture
def debug(world: World) -> World:
    return with_settings(world, enable_debug_logging=True, default_timeout=1)


def work(world: World, *urls: str, **changes: Any) -> dict[str, Any]:
    """The reasons of a chunk of one creator with these covers."""
    rows = "".join(
        f"ana,{url}?{QUERY},2026-10-01 00:{number // 60:02d}:{number % 60:02d}\n"
        for number, url in enumerate(urls)
    )
    grid = {"rows": 20, "cols": 20, "timeout": 1}
    message = chunk_message(world, HEADER + rows, processing_config=grid, **changes)
    assert world.invoke(sqs_event(sqs_record(message))) == NOTHING_FAILED
    reasons: dict[str, Any] = receipt(world)["reasons"]
    return reasons


def kept(world: World) -> dict[str, bytes]:
    """All objects of the debug folder."""
    bucket = world.settings.temp_bucket
    found = {key: world.services.store.get(bucket, key) for key in world.keys(bucket, "debug/")}
    return {key: stored.body for key, stored in found.items() if stored}


def documents(world: World) -> dict[str, Any]:
    """The documents by reason."""
    found = [json.loads(body) for key, body in kept(world).items() if key.endswith(".json")]
    return {document["reason"]: document for document in found}


def stalls(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nslow")
    connection.recv(1)


def troubles(host: CoverHost) -> dict[str, str]:
    """A URL for each reason that a cover can have after a 2xx."""
    return {
        "not_an_image": host.answer("/login.jpg", response(b"<html>log in</html>", X_Odd="yes")),
        "unsupported_format": host.answer("/1.heic", response(HEIC)),
        "truncated_image": host.answer("/cut.jpg", response(JPEG[:-200])),
        "too_many_pixels": host.answer("/huge.png", response(HUGE)),
        "too_large": host.answer(
            "/large.mp4",
            b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\nmovie"
            % (MAX_BODY_BYTES + 1),
        ),
        "timeout": host.answer("/stalls.jpg", stalls),
    }


def test_every_cover_that_failed_after_a_2xx_leaves_its_answer(
    debug: World, host: CoverHost
) -> None:
    urls = troubles(host)
    gone, good = host.url("/gone.jpg"), host.answer("/good.jpg", response(JPEG))
    reasons = work(debug, *urls.values(), gone, good)
    assert reasons == {**dict.fromkeys(urls, 1), "http_404": 1}
    found = documents(debug)
    assert found.keys() == urls.keys()
    bodies = kept(debug)
    for reason, document in found.items():
        assert document["urls"] == [urls[reason]]
        assert document["status"] == 200
        assert document["creator"] == "ana"
        assert document["body_key"].startswith(FOLDER)
        assert len(bodies[document["body_key"]]) == document["kept_bytes"]
    assert ["X-Odd", "yes"] in found["not_an_image"]["headers"]
    of = {reason: bodies[document["body_key"]] for reason, document in found.items()}
    assert of["not_an_image"] == b"<html>log in</html>"
    assert of["truncated_image"] == JPEG[:-200]
    assert of["timeout"] == b"slow"
    assert of["too_large"] == b"movie"
    assert of["unsupported_format"] == HEIC[:KEPT_BYTES]
    assert found["unsupported_format"]["received_bytes"] == len(HEIC)


def test_the_document_has_the_fields_of_the_contract(debug: World, host: CoverHost) -> None:
    work(debug, host.answer("/page.jpg", response(b"<html>")))
    (document,) = documents(debug).values()
    named = contracts_page.names("A failed answer")
    assert sorted(named) == sorted(contracts_page.fields(document, named))


def test_the_offset_in_a_key_is_where_the_row_begins_in_the_csv(
    debug: World, host: CoverHost
) -> None:
    work(debug, host.answer("/good.jpg", response(JPEG)), host.answer("/no.jpg", response(b"{}")))
    (document,) = documents(debug).values()
    csv = debug.services.store.get(
        debug.settings.input_bucket, "csv-files/2026/10/01/monthly_batch_20261001.csv"
    )
    assert csv
    assert csv.body[document["offset"] :].startswith(f"ana,{host.url('/no.jpg')}?".encode())
    assert f"{document['offset']:012d}-not_an_image.body" in document["body_key"]


def test_without_debug_logging_nothing_is_kept(world: World, host: CoverHost) -> None:
    urls = troubles(host)
    del urls["timeout"]  # takes a second
    assert work(world, *urls.values()) == dict.fromkeys(urls, 1)
    assert kept(world) == {}


def test_a_page_that_prints_the_url_leaves_no_trace_of_its_signature(
    debug: World, host: CoverHost
) -> None:
    spelled = [
        QUERY, html.escape(QUERY), quote(QUERY, ""), quote(quote(QUERY, ""), ""), SIGNATURE,
        json.dumps(QUERY).replace("&", "\\u0026"), quote(SIGNATURE, ""), html.escape(SIGNATURE),
        quote(SIGNATURE, "").lower(), SIGNATURE.replace("+", " "),
    ]  # fmt: skip
    page = b"<html>" + "".join(f"<p>{each}</p>\n" for each in spelled).encode()
    headers = {
        "Set_Cookie": f"last={SIGNATURE}",
        "Link": f"</1.jpg?{QUERY}>; rel=canonical",
        "Refresh": f"0; url=/login?next={quote(QUERY, '')}",
        "X_Asked": f"/1.jpg&{QUERY}",
        "Content_Location": f"https://cdn.example/1.jpg?{QUERY}",
    }
    packed = gzip.compress(page)
    cut = page[: page.rindex(SIGNATURE[:8].encode()) + 8]
    urls = [
        host.answer("/echo.jpg", response(page, **headers)),
        host.answer("/packed.jpg", response(packed, Content_Encoding="gzip", **headers)),
        host.answer("/unknown.jpg", response(packed, Content_Encoding="br", **headers)),
        host.answer("/cut.jpg", response(b"\xff\xd8\xff" + cut, **headers)),
        host.answer("/there.jpg", redirect(f"/login/{quote(QUERY, '')}?{QUERY}&back=1.jpg")),
    ]
    host.answer(f"/login/{quote(QUERY, '')}", response(page, **headers))
    work(debug, *urls)
    found = kept(debug)
    assert len([key for key in found if key.endswith(".json")]) == len(urls)
    everything = b"".join(found.values()).lower()
    assert b"</p>\n<p>xxx" in everything
    for part in (b"canary", b"2798761600", quote(SIGNATURE, "").lower().encode()[-8:]):
        assert part not in everything


def test_only_so_many_answers_of_a_chunk_are_kept(
    debug: World, host: CoverHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    most = 12  # the real number is held where no AWS is asked
    monkeypatch.setattr(failed_answers, "MOST_ANSWERS", most)
    urls = [host.answer(f"/many/{number}.jpg", response(b"<html>")) for number in range(most + 9)]
    assert work(debug, *urls) == {"not_an_image": len(urls)}
    assert len(kept(debug)) == 2 * most


def refuse(monkeypatch: pytest.MonkeyPatch, world: World, error: Exception) -> list[str]:
    """Let S3 refuse writes into the debug folder; the keys that were tried."""
    tried: list[str] = []
    put_object = world.services.store.client.put_object

    def put(**request: Any) -> Any:
        if not request["Key"].startswith("debug/"):
            return put_object(**request)
        tried.append(request["Key"])
        raise error

    monkeypatch.setattr(world.services.store.client, "put_object", put)
    return tried


@pytest.mark.parametrize(
    "error",
    [
        ClientError({"Error": {"Code": "AccessDenied"}}, "PutObject"),
        EndpointConnectionError(endpoint_url="https://s3.example"),
    ],
)
def test_a_bucket_that_refuses_them_fails_no_chunk_and_is_named_once(
    debug: World,
    host: CoverHost,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    error: Exception,
) -> None:
    tried = refuse(monkeypatch, debug, error)
    pages = [host.answer(f"/refused/{number}.jpg", response(b"<p>")) for number in range(20)]
    reasons = work(debug, *pages, host.answer("/good.jpg", response(JPEG)))
    assert reasons == {"not_an_image": 20}
    assert receipt(debug)["rows"]["placed"] == 1
    assert kept(debug) == {}
    lines = [line for line in caplog.messages if "failed answers" in line]
    assert len(lines) == 1
    assert debug.settings.temp_bucket in lines[0]
    # Those that were under way at that moment, a thread each.
    assert 1 <= len(tried) <= 8


def test_a_chunk_that_is_done_again_writes_the_same_objects(debug: World, host: CoverHost) -> None:
    urls = [host.answer("/once.jpg", response(b"<html>one</html>"))]
    work(debug, *urls)
    before = kept(debug)
    temp = debug.settings.temp_bucket
    debug.services.store.delete_keys(temp, debug.keys(temp, keys.PROCESSING))
    work(debug, *urls)
    assert before
    assert kept(debug) == before


def test_answers_are_written_with_a_type_that_no_browser_runs(
    debug: World, host: CoverHost
) -> None:
    work(debug, host.answer("/script.jpg", response(b"<script>", Content_Type="text/html")))
    types = {
        key.rpartition(".")[2]: debug.s3.head_object(Bucket=debug.settings.temp_bucket, Key=key)[
            "ContentType"
        ]
        for key in kept(debug)
    }
    assert types == {"body": "application/octet-stream", "json": "application/json"}
