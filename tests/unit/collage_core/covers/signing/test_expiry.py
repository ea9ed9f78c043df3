"""When a signed URL expires."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collage_core.covers.signing.cdns import AKAMAI_TOKENS
from collage_core.covers.signing.expiry import expires_at, has_expired

NOON = datetime(2026, 10, 14, 12, 0, 0, tzinfo=UTC).timestamp()
UNIX = f"{NOON:.0f}"

SAYS_NOON = [
    f"x-expires={UNIX}&x-signature=oM5W%3D",
    f"x-signature=oM5W%3D&amp;x-expires={UNIX}",
    f"x-orig-expires={UNIX}&x-orig-sign=a",
    (
        "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=20261014T110000Z&X-Amz-Expires=3600"
        "&X-Amz-SignedHeaders=host&X-Amz-Signature=fe5f"
    ),
    "x-amz-signature=fe5f&x-amz-expires=0&x-amz-date=20261014T120000Z",
    "X-Goog-Date=20261013T120000Z&X-Goog-Expires=86400&X-Goog-Signature=a",
    "X-Tos-Date=20261014T115959Z&X-Tos-Expires=1&X-Tos-Signature=a",
    "x-oss-date=20261014T115000Z&x-oss-expires=600&x-oss-signature=a",
    f"Expires={UNIX}&Signature=a~b&Key-Pair-Id=K2",
    f"AWSAccessKeyId=AKIA&Signature=a%3D&Expires={UNIX}",
    f"GoogleAccessId=a&Expires={UNIX}&Signature=a",
    f"Expires={UNIX}&KeyName=k&Signature=a",
    f"OSSAccessKeyId=k&Expires={UNIX}&Signature=a",
    f"AccessKeyId=k&Expires={UNIX}&Signature=a",
    "sv=2024-11-04&sr=b&se=2026-10-14T12%3A00%3A00Z&sp=r&sig=a%3D",
    "se=2026-10-14T12:00Z&sig=a",
    "se=2026-10-14T12:00:00.0000000Z&sig=a",
    f"hdnts=st=1~exp={UNIX}~acl=/*~hmac=0f",
    f"hdnea=exp%3D{UNIX}~acl%3D%2f*~hmac%3D0f",
    *(f"{name}=exp={UNIX}~acl=/*~hmac=0f" for name in AKAMAI_TOKENS),
    f"temp_url_sig=a&temp_url_expires={UNIX}",
    f"id=7&x-expires={UNIX}&x-signature=a#x-expires=1",
    # The one that ends first.
    f"x-expires={UNIX}&x-signature=a&Expires=9999999999&Signature=a&Key-Pair-Id=K2",
    # The same value twice is no contradiction.
    f"x-expires={UNIX}&x-signature=a&x-expires={UNIX}",
]


@pytest.mark.parametrize("query", SAYS_NOON)
def test_a_url_says_when_it_expires(query: str) -> None:
    url = f"https://cdn.example/obj/1.jpg?{query}"
    assert expires_at(url) == NOON
    assert not has_expired(url, now=NOON)
    assert has_expired(url, now=NOON + 1)


def test_the_end_of_an_azure_day_is_its_midnight() -> None:
    midnight = datetime(2026, 10, 14, tzinfo=UTC).timestamp()
    assert expires_at("https://a.blob.example/1.jpg?se=2026-10-14&sig=a") == midnight


@pytest.mark.parametrize(
    "query",
    [
        "",
        "v=1",
        # Without the signature that it belongs to, a number may mean anything.
        "expires=1",
        "Expires=1&Signature=a",
        "Expires=1&Key-Pair-Id=K2",
        "X-Amz-Date=20200101T000000Z&X-Amz-Expires=1",
        "X-Amz-Date=20200101T000000Z&X-Amz-Expires=1&X-Amz-Signature=",
        "se=2020-01-01",
        "hdnts=exp=1~acl=/*",
        "token=exp=1~acl=/*~hmac=0f",
        "x-orig-expires=1",
        "temp_url_expires=1",
        # What cannot be read says nothing.
        "x-expires=&x-signature=a",
        "x-expires=-1&x-signature=a",
        "x-expires=1e3&x-signature=a",
        "x-expires=\u0661\u0662&x-signature=a",
        f"x-expires={'9' * 5000}&x-signature=a",
        "X-Amz-Date=20260231T000000Z&X-Amz-Expires=1&X-Amz-Signature=a",
        "X-Amz-Date=99991231T235959Z&X-Amz-Expires=999999999999999&X-Amz-Signature=a",
        "X-Amz-Date=20200101T000000Z&X-Amz-Expires=-1&X-Amz-Signature=a",
        "se=2020-13-01&sig=a",
        "se=yesterday&sig=a",
        "se=2020-01-01T25:00Z&sig=a",
        "hdnts=exp=soon~acl=/*~hmac=0f",
        # Nor does a parameter that contradicts itself.
        "x-expires=1&x-signature=a&x-expires=2",
    ],
)
def test_a_url_that_says_no_moment_is_requested(query: str) -> None:
    url = f"https://cdn.example/obj/1.jpg?{query}"
    assert expires_at(url) is None
    assert not has_expired(url, now=1e15)


@given(st.text())
def test_no_text_is_an_error(text: str) -> None:
    has_expired(text, now=0.0)
    has_expired(f"https://a.example/?{text}&se={text}&sig=1&hdnts={text}~hmac=", now=0.0)


@given(
    st.lists(
        st.sampled_from(
            ["x-amz-date", "x-amz-expires", "x-amz-signature", "se", "sig", "hdnea", "x-expires"]
        ).flatmap(
            lambda name: st.sampled_from(
                ["20261014T000000Z", "00010101T000000Z", "0001-01-01", "9" * 15, "exp=1~hmac=a", ""]
            ).map(lambda value: f"{name}={value}")
        )
    )
)
def test_no_combination_of_parameters_is_an_error(pieces: list[str]) -> None:
    expires_at(f"https://a.example/1.jpg?{'&'.join(pieces)}")
