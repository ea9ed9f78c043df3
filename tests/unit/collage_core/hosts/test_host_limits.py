"""What a host may be asked, as the setting says it."""

import json
from typing import Any

import pytest

from collage_core.errors import SettingError
from collage_core.hosts.host_limits import HostLimits
from collage_core.settings import Settings


def parsed(limits: Any) -> HostLimits:
    return HostLimits.parse(json.dumps(limits))


def test_the_most_specific_entry_counts() -> None:
    entries = {"*": 1000, "*.cdn.example": 200, "*cdn.example": 300, "a.cdn.example": 0.5}
    for limits in (parsed(entries), parsed(dict(reversed(entries.items())))):
        assert limits.of("a.cdn.example") == 0.5
        assert limits.of("B.CDN.example.") == 200
        assert limits.of("cdn.example") == 300
        assert limits.of("[::1]") == 1000
    assert parsed({"Bücher.example": 5}).of("xn--bcher-kva.example") == 5
    assert parsed({"*.cdn.example": 200}).of("cdn.example") is None


def test_the_shares_of_all_workers_make_up_the_limit() -> None:
    limits = parsed({"*.cdn.example": 50, "covers.example": 0.1})
    share = limits.shared_by(1000)
    assert share.by_entry == {"*.cdn.example": 0.05, "covers.example": 0.0001}
    assert limits.shared_by(1) == limits


def test_it_is_shown_as_it_is_written() -> None:
    limits = parsed({"Covers.example": 0.5, "*.cdn.example": 200})
    assert str(limits) == '{"*.cdn.example": 200, "covers.example": 0.5}'
    assert HostLimits.parse(str(limits)) == limits
    assert str(HostLimits()) == ""
    assert hash(limits) == hash(HostLimits.parse(str(limits)))
    assert not HostLimits.parse(" \n")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("{", "it is no JSON at character 2"),
        ('{"a.example": 5', "it is no JSON at character 16"),
        ("[" * 4096, "it is n"),
        ("5", "it is no object"),
        ('{"a.example": 5, "a.example": 6}', "'a.example' is there twice: keep one of them"),
        ('{"a.example": 5, "A.example.": 6}', "'A.example.' is there twice: keep one of its lim"),
        ('{"10.*": 5}', "'10.*' is a glob of private addresses"),
        ('{"https://a.example/": 5}', "'https://a.example/' has a scheme: write 'a.example'"),
        ('{"a.example:443": 5}', "'a.example:443' has a port: write 'a.example'"),
        ('{"": 5}', "'' is empty"),
        *(
            (
                f'{{"a.example": {value}}}',
                f"'a.example' has the limit {value}: it must be a number from 0.1 to 100000, in r",
            )
            for value in ("0", "-1", "0.09", "100001", "true", "null", '"5"', "[5]", "{}", "NaN")
        ),
        ('{"a.example": 1e999}', "'a.example' has the limit Infinity: it must be"),
        (f'{{"a.example": {"9" * 400}}}', f"'a.example' has the limit {'9' * 37}...: it must"),
        (f'{{"a.example": 5}}{" " * 4096}', "it has 4112 characters, and at most 4096 fit"),
    ],
)
def test_what_cannot_be_used_is_one_line_with_the_value_and_what_is_allowed(
    text: str, line: str
) -> None:
    with pytest.raises(SettingError) as refused:
        Settings.from_env({"HOST_LIMITS": text})
    told = str(refused.value)
    assert told.startswith("HOST_LIMITS must be JSON such as {")
    assert f"; {line}" in told
    assert "\n" not in told
    example = told.partition("JSON such as ")[2].partition(";")[0]
    assert Settings.from_env({"HOST_LIMITS": example}).host_limits
