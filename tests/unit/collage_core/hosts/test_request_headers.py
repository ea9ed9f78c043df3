import json
from typing import Any

import pytest

from collage_core.errors import SettingError
from collage_core.hosts.by_host import LONGEST_TEXT
from collage_core.hosts.request_headers import RequestHeaders
from collage_core.settings import Settings

SECRET = "s3cret-of-the-source"


def parsed(headers: Any) -> RequestHeaders:
    return RequestHeaders.parse(json.dumps(headers))


def test_a_host_gets_what_its_entries_say_and_others_get_nothing() -> None:
    headers = parsed({"*.cdn.example": {"Referer": "r"}, "Bücher.example.": {"X-Key": "k"}})
    assert headers.of("p16.CDN.example.") == {"Referer": "r"}
    assert headers.of("xn--bcher-kva.example") == {"X-Key": "k"}
    for other in ("cdn.example", "evil-cdn.example", "p16.cdn.example.evil.example", "[::1]"):
        assert headers.of(other) == {}


def test_an_address_is_a_host_in_any_of_its_forms() -> None:
    headers = parsed({"[FD12::7]": {"Referer": "r"}})
    assert headers.of("[fd12:0:0::7]") == {"Referer": "r"}


def test_the_most_specific_entry_counts_for_each_header_by_itself() -> None:
    entries = {
        "a.cdn.example": {"referer": "host"},
        "*": {"Referer": "any", "User-Agent": "any", "X-Any": "any"},
        "*.cdn.example": {"REFERER": "glob", "User-Agent": "glob"},
        "*cdn.example": {"User-Agent": "shorter"},
    }
    expected = {"referer": "host", "User-Agent": "glob", "X-Any": "any"}
    assert parsed(entries).of("a.cdn.example") == expected
    assert parsed(dict(reversed(entries.items()))).of("a.cdn.example") == expected
    assert parsed(entries).of("b.cdn.example")["REFERER"] == "glob"


@pytest.mark.parametrize(
    "name",
    [
        "Host", "cookie", "Cookie2", "Content-Length", "CONTENT-TYPE", "Transfer-Encoding", "TE",
        "Trailer", "Expect", "Connection", "Keep-Alive", "Upgrade", "HTTP2-Settings",
        "Proxy-Authorization", "Accept-Encoding", "Range", "If-Range", "if-none-match",
    ],
)  # fmt: skip
def test_headers_that_would_change_what_is_asked_are_refused_with_the_reason(name: str) -> None:
    with pytest.raises(SettingError) as refused:
        parsed({"cdn.example": {name: SECRET}})
    line = str(refused.value)
    assert line.startswith(f"'{name}' for 'cdn.example' ")
    assert line.endswith(": leave it out")


@pytest.mark.parametrize("name", ["Hosts", "Referer", "X-Range", "Accept", "Authorization", "Te-x"])
def test_other_headers_are_allowed(name: str) -> None:
    assert parsed({"cdn.example": {name: SECRET}}).of("cdn.example") == {name: SECRET}


@pytest.mark.parametrize(
    ("headers", "line"),
    [
        ({"cdn.example:443": {"A": SECRET}}, "'cdn.example:443' has a port: write 'cdn.example'"),
        ({"https://a/": {"A": SECRET}}, "'https://a/' has a scheme: write 'a'"),
        ({"10.*": {"A": SECRET}}, "'10.*' is a glob of private addresses"),
        ({"": {"A": SECRET}}, "'' is empty"),
        ({"a": {"A": SECRET}, "A.": {"B": SECRET}}, "'A.' is there twice"),
        ({"a": {}}, """'a' has no headers: write them as {"name": "value"}"""),
        ({"a": [SECRET]}, "'a' has no headers"),
        ({"Referer": SECRET}, "'Referer' has no headers"),
        ({"a": {"A": None}}, "'A' for 'a' has a value that cannot be sent"),
        ({"a": {"A": 7}}, "'A' for 'a' has a value that cannot be sent"),
        ({"a": {"A": ""}}, "'A' for 'a' has a value that cannot be sent"),
        ({"a": {"A": f"{SECRET} "}}, "'A' for 'a' has a value that cannot be sent"),
        ({"a": {"A": f"{SECRET}\r\nHost: b"}}, "'A' for 'a' has a value that cannot be sent"),
        ({"a": {"A": f"{SECRET}\n"}}, "'A' for 'a' has a value that cannot be sent"),
        ({"a": {"A": f"{SECRET}é"}}, "'A' for 'a' has a value that cannot be sent"),
        ({"a": {"A": f"{SECRET}\0"}}, "'A' for 'a' has a value that cannot be sent"),
        ({"a": {f"Key: {SECRET}": "x"}}, "'Key…' for 'a' is no name of a header"),
        ({"a": {":path": SECRET}}, "a header for 'a' is no name of a header"),
        ({"a": {"": SECRET}}, "a header for 'a' is no name of a header"),
        ({"a": {"A\n": SECRET}}, "'A…' for 'a' is no name of a header"),
        ({"a": {"Ä": SECRET}}, "a header for 'a' is no name of a header"),
        ({"a": {"Key": SECRET, "kEY": SECRET}}, "'kEY' for 'a' is there twice"),
        ([SECRET], "it is no object"),
        ({"a": {"A": SECRET * LONGEST_TEXT}}, "it has "),
    ],
)
def test_what_cannot_be_sent_is_named_and_no_value_is_shown(headers: Any, line: str) -> None:
    text = json.dumps(headers)
    with pytest.raises(SettingError) as refused:
        Settings.from_env({"REQUEST_HEADERS": text})
    told = str(refused.value)
    form = """REQUEST_HEADERS must be JSON such as {"*.cdn.example": {"Referer": """
    assert told.startswith(form)
    assert f'"https://www.example/"}}}}; {line}' in told
    assert SECRET not in told
    assert "\n" not in told
    assert refused.value.__cause__ is None


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (f'{{"a": {{"A": "{SECRET}"}}', "it is no JSON at character 36"),
        (f"{SECRET}", "it is no JSON at character 1"),
        ("[" * LONGEST_TEXT, "it is n"),
        (f'{{"a": {{"A": "{SECRET}", "A": "b"}}}}', "'A' is there twice: keep one of them"),
        ('{"a": {"A": "b"}, "a": {"B": "b"}}', "'a' is there twice: keep one of them"),
        ("NaN", "it is no object"),
    ],
)
def test_what_is_no_json_is_refused_without_showing_it(text: str, line: str) -> None:
    with pytest.raises(SettingError) as refused:
        RequestHeaders.parse(text)
    assert str(refused.value).startswith(line)
    assert SECRET not in str(refused.value)


def test_the_example_in_the_errors_can_be_used() -> None:
    with pytest.raises(SettingError) as refused:
        Settings.from_env({"REQUEST_HEADERS": "?"})
    example = str(refused.value).partition("JSON such as ")[2].partition(";")[0]
    assert Settings.from_env({"REQUEST_HEADERS": example}).request_headers


def test_nothing_shows_a_value() -> None:
    text = json.dumps({"B.example": {"X-Key": SECRET, "Referer": SECRET}, "*": {"A": SECRET}})
    settings = Settings.from_env({"REQUEST_HEADERS": text})
    headers = settings.request_headers
    assert str(headers) == "*: A; b.example: X-Key, Referer"
    for shown in (repr(headers), repr(settings), str(settings), f"{headers}"):
        assert SECRET not in shown


def test_headers_are_equal_when_all_values_are() -> None:
    one = {"a": {"A": "x"}, "b": {"B": "y"}}
    assert parsed(one) == parsed(dict(reversed(one.items())))
    assert hash(parsed(one)) == hash(parsed(one))
    assert parsed(one) != parsed({"a": {"A": "x"}, "b": {"B": "z"}})
    assert not RequestHeaders.parse("  ")
