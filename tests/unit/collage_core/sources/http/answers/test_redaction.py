import html
import json
import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from urllib.parse import quote, quote_plus, unquote_to_bytes

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from collage_core.sources.http.answers.redaction import REMOVED, Redactor
from tests.support.pictures import encoded, numbered

SIGNATURE = "aB3+xY/9kQ7=zZ"
SIGNED = f"https://cdn.example/obj/1.jpg?x-expires=1798761600&x-signature={quote(SIGNATURE, '')}"
QUERY = SIGNED.partition("?")[2]

type Encoding = Callable[[str], str]

ENCODINGS: dict[str, Encoding] = {
    "raw": str,
    "in HTML": html.escape,
    "in HTML by numbers": lambda text: "".join(f"&#{ord(char)};" for char in text),
    "in HTML by hexadecimal numbers": lambda text: "".join(f"&#x{ord(char):x};" for char in text),
    "in HTML by names": lambda text: (
        text.replace("&", "&amp;").replace("=", "&equals;").replace("%", "&percnt;")
    ),
    "in a URL": lambda text: quote(text, ""),
    "in a URL in lower case": lambda text: quote(text, "").lower(),
    "in a form": quote_plus,
    "in a URL, every character": lambda text: "".join(f"%{ord(char):02X}" for char in text),
    "in JSON": lambda text: json.dumps(text).strip('"'),
    "in JSON that is safe in HTML": lambda text: (
        json.dumps(text).strip('"').replace("&", "\\u0026").replace("=", "\\u003d")
    ),
    "in JSON of PHP": lambda text: json.dumps(text).strip('"').replace("/", "\\/"),
    "in JavaScript": lambda text: "".join(f"\\x{ord(char):02x}" for char in text),
}


_BACKSLASHED = re.compile(r"\\(?:(?:u00|x)([0-9a-f]{2})|([\\/]))")


def traces(data: bytes) -> set[str]:
    """Parts of the signature that a patient reader of the bytes would find."""
    text = data.replace(b"\0", b"").decode("latin-1")
    for _ in range(6):
        text = html.unescape(unquote_to_bytes(text.encode("latin-1", "ignore")).decode("latin-1"))
        text = _BACKSLASHED.sub(
            lambda found: chr(int(found[1], 16)) if found[1] else found[2], text
        )
    folded = text.lower().replace("+", " ")
    secret = SIGNATURE.lower().replace("+", " ")
    return {secret[at : at + 6] for at in range(len(secret) - 5) if secret[at : at + 6] in folded}


@pytest.mark.parametrize("outer", ENCODINGS)
@pytest.mark.parametrize("inner", [*ENCODINGS, "in capitals"])
def test_no_encoded_signature_is_left_in_a_body(inner: str, outer: str) -> None:
    encode = ENCODINGS.get(inner, str.upper)
    for secret in (SIGNED, QUERY, quote(SIGNATURE, ""), SIGNATURE):
        echoed = ENCODINGS[outer](encode(secret))
        page = f"<html><p>No cover at <a href='/login?next={echoed}'>here</a>.</p>".encode()
        assert traces(page)
        clean = Redactor([SIGNED]).body(page)
        assert traces(clean) == set()
        assert len(clean) == len(page)
        assert clean.startswith(b"<html><p>No cover at <a href='/login?next=")
        assert clean.endswith(b"'>here</a>.</p>")


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_no_signature_is_left_in_a_body_in_utf_16(encoding: str) -> None:
    page = f"<html>{ENCODINGS[encoding](SIGNED)}</html>".encode("utf-16")
    assert traces(Redactor([SIGNED]).body(page)) == set()


@given(
    st.lists(st.sampled_from(sorted(ENCODINGS)), max_size=4),
    st.binary(max_size=40),
    st.binary(max_size=40),
)
@example(["raw"], b"100%", b"")
@example(["raw"], b"\\", b"")
@example(["raw"], b"&", b"")
def test_no_signature_is_left_in_any_surrounding_text(
    encodings: list[str], before: bytes, after: bytes
) -> None:
    echoed = SIGNATURE
    for encoding in encodings:
        echoed = ENCODINGS[encoding](echoed)
    body = before + echoed.encode() + after
    clean = Redactor([SIGNED]).body(body)
    assert len(clean) == len(body)
    assert echoed.encode() not in clean
    assert SIGNATURE.encode() not in clean


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_truncated_signature_leaves_three_characters_at_most(
    encoding: str,
) -> None:
    echoed = ENCODINGS[encoding](SIGNATURE).encode()
    for end in range(len(echoed) + 1):
        clean = Redactor([SIGNED]).body(b"<p>" + echoed[:end])
        assert not any(SIGNATURE[:4].lower() in trace for trace in traces(clean))
        kept = clean.removeprefix(b"<p>").replace(b"X", b"")
        assert len(kept) < len(ENCODINGS[encoding](SIGNATURE[:4])) + 6


@pytest.mark.parametrize("encode", [b64encode, urlsafe_b64encode])
def test_no_signature_is_left_in_base64_whole_or_cut(encode: Callable[[bytes], bytes]) -> None:
    for shift in range(3):
        token = encode(b"{}"[:shift] + SIGNED.encode())
        page = b"<html><a href='/login?to=" + token + b"'>log in</a>"
        clean = Redactor([SIGNED]).body(page)
        letters = len(token.rstrip(b"="))
        assert clean == page.replace(token[:letters], b"X" * letters)
        cut = Redactor([SIGNED]).body(page[: page.index(token) + 80])
        assert cut == b"<html><a href='/login?to=" + b"X" * 80


def broken_by(mark: str) -> Encoding:
    """Every nine characters, as mailers and pages break long words."""
    return lambda text: mark.join(text[at : at + 9] for at in range(0, len(text), 9))


def in_base64(text: str) -> str:
    return b64encode(text.encode()).decode()


WRAPPED: dict[str, Encoding] = {
    "JavaScript with braces": lambda text: "".join(f"\\u{{{ord(char):x}}}" for char in text),
    "Python": lambda text: "".join(f"\\U{ord(char):08x}" for char in text),
    "HTML with zeros": lambda text: "".join(f"&#{ord(char):09};" for char in text),
    "HTML with hexadecimal zeros": lambda text: "".join(f"&#x{ord(char):08x};" for char in text),
    "Base64 of JSON of PHP": lambda text: in_base64(json.dumps([text]).replace("/", "\\/")),
    "Base64 of a form": lambda text: in_base64(quote(quote(text, ""), "")),
    "Base64 of UTF-16": lambda text: b64encode(text.encode("utf-16-le")).decode(),
    "Base64 of Base64": lambda text: in_base64("id " + in_base64(text)),
    "Base64 in lines": lambda text: broken_by("\r\n")(in_base64("to=" + text)),
    "hexadecimal digits": lambda text: text.encode().hex(),
    "hexadecimal capitals": lambda text: text.encode().hex().upper(),
    "hexadecimal digits behind another": lambda text: "f" + text.encode().hex(),
    "Base64 of hexadecimal digits": lambda text: in_base64(text.encode().hex()),
    **{
        f"broken by {mark!a}": broken_by(mark)
        for mark in (
            "\n",
            "\r\n\t",
            "\\n",
            "\\r\\n",
            "<wbr>",
            "<WBR/>",
            "&shy;",
            "\u00ad",
            "\u200b",
        )
    },
}


@pytest.mark.parametrize("secret", [SIGNATURE, quote(SIGNATURE, "")])
@pytest.mark.parametrize("wrapping", WRAPPED)
def test_no_signature_is_left_in_nested_encodings(wrapping: str, secret: str) -> None:
    page = f"<p>{WRAPPED[wrapping](secret)}</p>".encode()
    clean = Redactor([SIGNED]).body(page)
    assert len(clean) == len(page)
    assert clean.startswith(b"<p>")
    assert clean.endswith(b"</p>")
    assert set(clean[3:-4].rstrip(b"=")) == set(b"X")


def test_encoded_text_without_a_signature_is_unchanged() -> None:
    inner = in_base64(in_base64("an honest picture of nobody's signature"))
    page = f"<p>{inner}\n{'0123456789abcdef' * 9}<wbr>\\u{{41}}</p>".encode()
    assert Redactor([SIGNED]).body(page) == page


SIGNING_PARAMETERS = (
    "x-signature", "X-Amz-Signature", "X-Amz-Credential", "X-Goog-Signature", "Key-Pair-Id",
    "Policy", "sig", "sign", "token", "auth_key", "hmac",
)  # fmt: skip


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_signature_of_another_url_is_masked_by_the_name_of_its_parameter(encoding: str) -> None:
    for name in SIGNING_PARAMETERS:
        other = f"https://mirror.example/2.jpg?w=300&{name}=cAnArY-0123&h=400"
        page = f'<html><a href="{ENCODINGS[encoding](other)}">moved</a>'.encode()
        encoded = ENCODINGS[encoding]("cAnArY-0123").encode()
        assert Redactor([SIGNED]).body(page) == page.replace(encoded, b"X" * len(encoded))


def test_a_long_signature_that_a_page_cuts_short_is_masked() -> None:
    signature = "0123456789abcdef" * 4
    page = f"<p>https://cdn.example/1.jpg?s={signature[:20]}…</p>".encode()
    clean = Redactor([f"https://cdn.example/1.jpg?s={signature}"]).body(page)
    assert clean == b"<p>https://cdn.example/1.jpg?XXXXXXXXXXXXXXXXXXXXXX\xe2\x80\xa6</p>"


@pytest.mark.parametrize(
    ("url", "echoed"),
    [
        ("https://h/1.jpg?X-Amz-Signature=" + "ab12" * 16, "ab12" * 16),
        ("https://h/1.jpg?X-Amz-Security-Token=IQoJb3JpZ2luX2Vj%2F%2F%2F", "IQoJb3JpZ2luX2Vj///"),
        ("https://h/1.jpg?Policy=eyJTdGF0ZW1lbnQi__&Key-Pair-Id=APKA1234", "eyJTdGF0ZW1lbnQi__"),
        ("https://h/1.jpg?sv=2024-01-01&sig=a%2Bb%2Fc%3Dd", "a+b/c=d"),
        ("https://h/1.jpg?hdnts=exp=1798761600~acl=/*~hmac=5ec2e7", "5ec2e7"),
        ("https://h/1.jpg?token=canary", "canary"),
        ("https://h/1.jpg?k=abc", "k=abc"),
        ("https://h/1.jpg#access=canary", "canary"),
        ("https://h/1.jpg?canary-without-a-name", "canary-without-a-name"),
        ("https://h/p?next=https%3A%2F%2Fi%2F1.jpg%3Fsign%3Dcanary", "canary"),
        ("https://h/1.jpg?a=ünï-canary-ñ", "ünï-canary-ñ"),
    ],
)
def test_everything_after_a_question_mark_is_a_signature(url: str, echoed: str) -> None:
    clean = Redactor(["https://other.example/x?y=z", url]).body(f"<p>{echoed}</p>".encode())
    assert clean == b"<p>" + b"X" * len(echoed.encode()) + b"</p>"


def test_text_without_a_signature_is_unchanged() -> None:
    redactor = Redactor([f"{SIGNED}&w=300&f=jpg&s=1"])
    for body in (
        b"",
        encoded(numbered(3)),
        encoded(numbered(4), "PNG"),
        b'<html>\n{"w": 300, "jpg": 1} 100% &amp; \\u00e9 \0\0</html>',
        b"https://cdn.example/obj/1.jpg",
    ):
        assert redactor.body(body) == body
    assert Redactor([]).body(b"abc") == b"abc"
    assert Redactor(["https://h/1.jpg?"]).body(b"abc") == b"abc"


def test_the_search_of_a_hostile_page_has_a_bounded_number_of_steps() -> None:
    url = "https://h/1.jpg?s=" + "a" * 4000
    for page in (b"a" * 32768, b"%25" * 10922, b"&amp;" * 6553, b"\0a" * 16384):
        assert len(Redactor([url]).body(page)) == len(page)


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("Content-Type", "image/jpeg", "image/jpeg"),
        ("ETag", '"5d8c72a5edda8d6a:0"', '"5d8c72a5edda8d6a:0"'),
        ("X-Cache", "TCP_HIT from a23-1-2-3.deploy", "TCP_HIT from a23-1-2-3.deploy"),
        ("Set-Cookie", "sid=canary; Path=/", REMOVED),
        ("X-Amz-Security-Token", "canary", REMOVED),
        ("Authentication-Info", "canary", REMOVED),
        ("X-Api-Key", "canary", REMOVED),
        ("X-CSRF", "canary", REMOVED),
        ("Location", "https://h/login?next=canary", f"https://h/login?{REMOVED}"),
        ("Content-Location", "/1.jpg?sig=canary#x", f"/1.jpg?{REMOVED}"),
        ("Refresh", "0;url=https://h/?a=canary;b=canary,c", f"0;url=https://h/?{REMOVED}"),
        (
            "Link",
            "<https://h/1.jpg?s=canary>; rel=preload, </2?t=canary>; rel=next",
            f"<https://h/1.jpg?{REMOVED}>; rel=preload, </2?{REMOVED}>; rel=next",
        ),
        (
            "Report-To",
            r'{"endpoints":[{"url":"https:\/\/h\/report?s=canary"}],"max_age":1}',
            rf'{{"endpoints":[{{"url":"https:\/\/h\/report?{REMOVED}"}}],"max_age":1}}',
        ),
        ("X-Next", "https%3A%2F%2Fh%2F1%3Fs%3Dcanary", f"https%3A%2F%2Fh%2F1?{REMOVED}"),
        ("X-Next", "%252Fh%252F1%253Fs%253Dcanary", f"%252Fh%252F1?{REMOVED}"),
        ("X-Fragment", "https://h/#token=canary", f"https://h/?{REMOVED}"),
        ("X-Key", f"/obj/1.jpg&sig={SIGNATURE}", "/obj/1.jpg&sig=XXXXXXXXXXXXXX"),
        (f"X-{SIGNATURE}", "1", "X-XXXXXXXXXXXXXX"),
    ],
)  # fmt: skip
def test_a_header_is_shown_without_what_may_be_a_secret(name: str, value: str, shown: str) -> None:
    name_shown, value_shown = Redactor([SIGNED]).header(name, value)
    assert shown == (name_shown if SIGNATURE in name else value_shown)
    assert "canary" not in value_shown
    if SIGNATURE not in name:
        assert name_shown == name


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (SIGNED, "https://cdn.example/obj/1.jpg"),
        ("https://cdn.example/ünï\n.jpg", "https://cdn.example/\\xc3\\xbcn\\xc3\\xaf\n.jpg"),
        (
            f"https://h/login/https%3A%2F%2Fcdn.example%2Fobj%2F1.jpg%3F{quote(QUERY, '')}",
            f"https://h/login/https%3A%2F%2Fcdn.example%2Fobj%2F1.jpg?{REMOVED}",
        ),
        (f"https://h/{quote(SIGNATURE, '')}/1.jpg", "https://h/XXXXXXXXXXXXXXXXXXXX/1.jpg"),
    ],
)
def test_a_url_is_shown_without_its_query_and_without_one_in_its_path(url: str, shown: str) -> None:
    assert Redactor([SIGNED]).url(url) == shown
