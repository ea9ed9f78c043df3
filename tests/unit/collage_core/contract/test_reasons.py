import pytest

from collage_core.contract.reasons import REJECTIONS, Reason, http_reason, is_reason


def test_the_vocabulary_is_the_contract() -> None:
    assert {str(reason) for reason in Reason} == {
        "bad_row",
        "no_creator",
        "invalid_url",
        "expired_url",
        "blocked_address",
        "dns_failure",
        "connect_failure",
        "timeout",
        "too_many_redirects",
        "too_large",
        "not_an_image",
        "unsupported_encoding",
        "unsupported_format",
        "truncated_image",
        "too_many_pixels",
        "host_unavailable",
        "out_of_time",
        "worker_died",
    }


def test_rows_are_rejected_for_their_content_and_fail_for_any_other_reason() -> None:
    assert {"bad_row", "no_creator", "invalid_url"} == REJECTIONS


def test_an_http_error_is_a_reason_of_its_own() -> None:
    assert http_reason(404) == "http_404"
    assert is_reason(http_reason(503))


@pytest.mark.parametrize(
    "text", ["", "bored", "http_", "http_99", "http_4040", "http_abc", "BAD_ROW", "bad_row "]
)
def test_nothing_else_is_a_reason(text: str) -> None:
    assert not is_reason(text)


@pytest.mark.parametrize("reason", Reason)
def test_every_fixed_reason_is_one(reason: Reason) -> None:
    assert is_reason(reason.value)
