"""A cover column that holds JSON."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collage_core.contract.reasons import Reason
from collage_core.contract.rejected import RejectedRow
from collage_core.covers.cover_csv import read_chunk, write_row
from collage_core.covers.cover_url import is_cover_url
from collage_core.covers.csv_records import LONGEST_ROW
from collage_core.export.cover_json import cover_url
from tests.support.strategies import texts, urls

URL = "https://cdn.example/a.jpg?x=1,2"

no_urls = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts
documents = st.recursive(
    no_urls | urls,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize(
    "field",
    [
        json.dumps(URL),
        json.dumps([URL, "https://cdn.example/b.jpg"]),
        json.dumps({"url_list": [URL, "https://cdn.example/b.jpg"]}),
        json.dumps({"id": 7, "key": "obj/a", "images": [{"uri": "a", "url_list": [URL]}]}),
        json.dumps(["", "s3://bucket/a", "https://", "https://cdn.example/a b", URL]),
        json.dumps({"width": 1, "z": "https://cdn.example/b.jpg", "a": URL}),
        f'{{"z": "https://cdn.example/b.jpg", "z": "{URL}"}}',
        json.dumps({"play": "https://cdn.example/p.mp4", "cover": URL}),
        json.dumps({"thumbnail": "https://cdn.example/t.jpg", "Origin-Cover": URL}),
        json.dumps({"url": "https://cdn.example/play.mp4?a=1", "zz": URL}),
        json.dumps({"author": {"thumbnail_url": URL, "url": "https://cdn.example/me.jpg"}}),
        json.dumps({"cover": {"video_url": "https://cdn.example/p"}, "images": [{"url": URL}]}),
        json.dumps({"video": {"playAddr": "https://cdn.example/p", "cover": {"url_list": [URL]}}}),
        json.dumps({"avatar_larger": {"url_list": ["https://cdn.example/me"]}, "other": [URL]}),
        json.dumps(["https://cdn.example/play.m3u8", URL]),
        f' \n[\n "{URL}"\n]',
        '["https:\\/\\/cdn.example\\/a.jpg?x=1,2"]',
        '["\\u0068ttps://cdn.example/a.jpg\\u003fx\\u003D1,2"]',
        f'["https://cdn.example/\\ud800", "{URL}"]',
    ],
)
def test_the_url_that_is_called_a_cover_or_else_the_first_one_is_the_cover(field: str) -> None:
    assert cover_url(field) == URL


HEIC = "https://cdn.example/obj/1~tplv-x.heic?x-expires=1&x-signature=a"


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"url_list": [HEIC, URL]}, URL),
        ({"cover": {"url_list": [HEIC, HEIC.replace("heic", "HEIF"), URL, f"{URL}&b"]}}, URL),
        ([HEIC, "https://cdn.example/1.heif", "https://cdn.example/1"], "https://cdn.example/1"),
        # There is nothing else: the row is counted as `unsupported_format`, not lost.
        ({"url_list": [HEIC, HEIC.replace("obj", "other")]}, HEIC),
        # A HEIC that is called the cover comes before a picture that is not.
        ({"cover": HEIC, "other": URL}, HEIC),
        # Only the end of the path is the type.
        (["https://cdn.example/a.heic.jpg", URL], "https://cdn.example/a.heic.jpg"),
        (["https://cdn.example/a.jpg?from=b.heicx", URL], "https://cdn.example/a.jpg?from=b.heicx"),
    ],
)
def test_of_several_urls_of_one_cover_one_that_can_be_decoded_is_taken(
    document: object, expected: str
) -> None:
    assert cover_url(json.dumps(document)) == expected


@given(documents)
def test_a_json_gives_one_of_its_urls_whenever_it_has_any(document: object) -> None:
    field = json.dumps(document)
    found = cover_url(field)
    urls = [text for text in _strings(document) if is_cover_url(text)]
    if field.startswith(("[", "{", '"')):
        assert found in urls if urls else not is_cover_url(found)
    else:
        assert found == field


@given(documents)
def test_the_order_in_which_a_server_keeps_the_keys_makes_no_difference(document: object) -> None:
    # MySQL sorts them by length and then by their bytes.
    def key(pair: tuple[str, object]) -> tuple[int, bytes]:
        key = pair[0].encode(errors="surrogatepass")
        return len(key), key

    def in_order(value: object, *, backwards: bool) -> object:
        if isinstance(value, dict):
            pairs = sorted(value.items(), key=key, reverse=backwards)
            return {name: in_order(item, backwards=backwards) for name, item in pairs}
        if isinstance(value, list):
            return [in_order(item, backwards=backwards) for item in value]
        return value

    if isinstance(document, dict | list):
        of_mysql, of_mariadb = (in_order(document, backwards=way) for way in (False, True))
        kept = cover_url(json.dumps(of_mysql)), cover_url(json.dumps(of_mariadb))
        assert kept[0] == kept[1] or not is_cover_url(kept[0])


def test_a_video_is_given_where_there_is_nothing_else() -> None:
    assert cover_url('{"play": "https://cdn.example/p.mp4"}') == "https://cdn.example/p.mp4"


@pytest.mark.parametrize("field", [URL, "", "null", "7", "true", " ", "text [1]", "a{b"])
def test_a_value_that_is_not_json_stays_as_it_is(field: str) -> None:
    assert cover_url(field) == field


@pytest.mark.parametrize(
    "field",
    [
        "[]",
        "{}",
        '""',
        '{"https://cdn.example/key": 1}',
        '["no url"]',
        '["https://cdn.example/a"',
        f'["{URL}"] and more',
        '"\\ud800"',
        "[" * 10_000 + "]" * 10_000,
        '["' + "x" * LONGEST_ROW + f'", "{URL}"]',
        '{"a":' * LONGEST_ROW,
        json.dumps(list(range(100)), indent=1),
        "[" + "9" * 5000 + f', "{URL}"]',
    ],
    ids=lambda field: field[:20],
)
def test_a_json_that_gives_no_url_ends_as_an_invalid_url(field: str) -> None:
    (row,) = read_chunk(write_row("ana", cover_url(field), "2026-10-01 00:00:00"))
    assert isinstance(row, RejectedRow)
    assert (row.creator, row.reason) == ("ana", Reason.INVALID_URL)


def _strings(value: object) -> list[str]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [text for item in value for text in _strings(item)]
    return [value] if isinstance(value, str) else []
