"""The list of hosts: what it takes means what it says, and what it refuses can be put right."""

import json
import re
import socket
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collage_core.contract.reasons import Reason
from collage_core.errors import SettingError
from collage_core.hosts.allowed_hosts import allowed_host, allowed_hosts, is_glob
from collage_core.settings import Settings
from collage_core.sources.http.addresses import AddressPolicy

TAKEN = {
    "cdn.example": "cdn.example",
    "CDN.Example": "cdn.example",
    "cdn.example.": "cdn.example",
    "localhost": "localhost",
    "img_1.-x-.example": "img_1.-x-.example",
    "127.0.0.1": "127.0.0.1",
    "192.0.2.7": "192.0.2.7",
    "::1": "::1",
    "[::1]": "::1",
    "[0:0:0:0:0:0:0:1]": "::1",
    "2001:DB8::1": "2001:db8::1",
    "b\u00fccher.example": "xn--bcher-kva.example",
    "BU\u0308CHER.example": "xn--bcher-kva.example",
    "\U0001f600.example": "xn--e28h.example",
    "\uff43\uff44\uff4e\u3002example": "cdn.example",
    "*": "*",
    "*.CDN.example.": "*.cdn.example",
    "*.b\u00fccher\u3002example": "*.xn--bcher-kva.example",
    "p*-sign.cdn.example": "p*-sign.cdn.example",
    "img?.example": "img?.example",
    "img[12].example": "img[12].example",
    "img[A-C]x[!0-9_].example": "img[a-c]x[!0-9_].example",
    "img[-a][a-][0-9].example": "img[-a][a-][0-9].example",
    "93.184.*": "93.184.*",
    "192.1[67]8.*": "192.1[67]8.*",
    "172.1*": "172.1*",
    "10.x[1-9]": "10.x[1-9]",
}
REFUSED = {
    "": "is empty",
    "cdn.example:443": "has a port: write 'cdn.example'",
    "*.cdn.example:443": "has a port: write '*.cdn.example'",
    "img?.example:443": "has a port: write 'img?.example'",
    "127.0.0.1:9": "has a port: write '127.0.0.1'",
    "[::1]:80": "has a port: write '[::1]'",
    "cdn.example:": "has a port: write 'cdn.example'",
    "https://cdn.example": "has a scheme: write 'cdn.example'",
    "HTTPS://u:p@cdn.example:443/a?x=1#y": "has a scheme: write 'cdn.example'",
    "http://[::1]:80/x": "has a scheme: write '[::1]'",
    "//cdn.example": "has a scheme: write 'cdn.example'",
    "user@host": "has a user name: write 'host'",
    "cdn.example/path": "has a path: write 'cdn.example'",
    "*.cdn.example/": "has a path: write '*.cdn.example'",
    "10.0.0.0/8": "is a network: name each address that is meant",
    "fd00::/8": "is a network: name each address that is meant",
    " 127.0.0.1": "has a blank: write '127.0.0.1'",
    "cdn.example\n": "has a blank: write 'cdn.example'",
    "cdn.example\u00a0": "has a blank: write 'cdn.example'",
    "cdn .example": "has a blank",
    "a.example b.example": "has a blank",
    "a.example,b.example": "has ',', which no name of a host has",
    "a.example;b.example": "has ';', which no name of a host has",
    '"cdn.example"': "write 'cdn.example'",
    "'cdn.example'": "write 'cdn.example'",
    ".cdn.example": "begins with a dot, and no host does: write '*.cdn.example'",
    ".*\\.example": "begins with a dot, and no host does",
    "https://": "has a scheme",
    ".": "has a part that is empty",
    "a..example": "has a part that is empty",
    "cdn.example..": "has a part that is empty",
    "*..example": "has a part that is empty",
    "x" * 64: "longer than 63",
    "*" + "x" * 64 + ".example": "longer than 63",
    ".".join(["x" * 60] * 5): "is longer than 253",
    "127.1": "is another form of 127.0.0.1: write '127.0.0.1'",
    "0x7f000001": "is another form of 127.0.0.1: write '127.0.0.1'",
    "256.1.1.1": "ends in a number and is no IP address",
    "1.2.3.4.5": "ends in a number and is no IP address",
    "2001:db8:::1": "has ':' and is no IPv6 address",
    "fe80::1%eth0": "has ':' and is no IPv6 address",
    "fd00:*": "has ':' and is no IPv6 address",
    "[::1": "has ':' and is no IPv6 address",
    "[cdn.example]": "is in brackets and is no IPv6 address: write 'cdn.example'",
    "169.254.169.254": "is an address that is never asked",
    "0xa9fea9fe": "is an address that is never asked",
    "168.63.129.16": "is an address that is never asked",
    "[fe80::1]": "is an address that is never asked",
    "0.0.0.0": "is an address that is never asked",  # noqa: S104  one to refuse
    "10.*": "is a glob of private addresses, and opens none",
    "192.168.?.*": "is a glob of private addresses, and opens none",
    "127.0.0.*": "is a glob of private addresses, and opens none",
    "192.168.1.[1-9]": "is a glob of private addresses, and opens none",
    "172.1[6-9].*": "is a glob of private addresses, and opens none",
    "192.168*": "is a glob of private addresses, and opens none",
    "10.0.0.1?": "is a glob of private addresses, and opens none",
    "img[.example": "has a bracket without its other half",
    "img].example": "has a bracket without its other half",
    "img[].example": "has the set '[]'",
    "img[!].example": "has the set '[!]'",
    "img[^a].example": "has the set '[^a]'",
    "img[a.b].example": "has the set '[a.b]'",
    "img[a-c-e].example": "has the set '[a-c-e]'",
    "img[c-a].example": "has a range backwards: write 'a-c'",
    "b\u00fc*.example": "which is not ASCII: name each host",
    "\uff0a.example": "which no name of a host has",
    "<cdn.example>": "has '<', which no name of a host has",
    "cdn.example?x=1": "has '=', which no name of a host has",
    "${HOSTS}": "has '$', which no name of a host has",
}

entries = st.one_of(
    st.sampled_from([*TAKEN, *REFUSED]),
    st.text("ab1.*?[]!-:/@ ,_\u00fc\u3002", max_size=20),
    st.text(max_size=20),
)


def resolver(address: str) -> Any:
    def resolve(_host: str, port: int, **_: Any) -> list[tuple[Any, ...]]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    return resolve


def is_asked(entry: str, host: str) -> bool:
    policy = AddressPolicy([entry], resolve=resolver("1.1.1.1"))
    return policy.endpoints(host, 80) != Reason.BLOCKED_ADDRESS


@pytest.mark.parametrize(("entry", "plain"), TAKEN.items(), ids=ascii)
def test_an_entry_is_returned_in_its_canonical_form(entry: str, plain: str) -> None:
    assert allowed_host(entry) == plain
    assert Settings.from_env({"ALLOWED_SOURCE_HOSTS": entry}).allowed_source_hosts == (plain,)
    if not is_glob(plain):
        assert is_asked(entry, entry)
        assert is_asked(entry, plain)


@pytest.mark.parametrize(("entry", "fault"), REFUSED.items(), ids=ascii)
def test_an_entry_that_blocks_everything_is_refused_with_its_fault(entry: str, fault: str) -> None:
    with pytest.raises(SettingError) as refused:
        allowed_host(entry)
    assert str(refused.value).startswith(repr(entry))
    assert fault in str(refused.value)
    with pytest.raises(SettingError):
        AddressPolicy([entry])


@pytest.mark.parametrize("entry", REFUSED, ids=ascii)
def test_a_suggested_entry_is_accepted(entry: str) -> None:
    with pytest.raises(SettingError) as refused:
        allowed_host(entry)
    if written := re.search(r"write '([^']*)'$", str(refused.value)):
        range_of_a_set = re.fullmatch(r"\w-\w", written[1])
        fixed = f"img[{written[1]}].example" if range_of_a_set else written[1]
        assert fixed.lower() in (allowed_host(fixed), f"[{allowed_host(fixed)}]")


@given(entries)
def test_an_accepted_entry_is_idempotent_and_matches_some_host(entry: str) -> None:
    try:
        plain = allowed_host(entry)
    except SettingError:
        return
    assert allowed_host(plain) == plain
    assert plain.isascii()
    host = re.sub(r"\[(!?)([^\]]*)\]", lambda found: _member(found[1], found[2]), plain)
    host = re.sub(r"(?<![^.])\*+(?![^.])", "x", host.replace("?", "x")).replace("*", "")
    assert is_asked(entry, host)


def _member(negated: str, choices: str) -> str:
    if not negated:
        return choices[0]
    return next(letter for letter in "qjx7k5_-" if not re.match(f"[{choices}]", letter))


# --- lists


@pytest.mark.parametrize("text", ["", " ", "\t\n"])
def test_an_empty_list_allows_any_public_host(text: str) -> None:
    assert allowed_hosts(text) == ()


@pytest.mark.parametrize(
    ("text", "entries"),
    [
        ("a.example,b.example", ("a.example", "b.example")),
        (" a.example ,\n  *.b.example ", ("a.example", "*.b.example")),
        ("a.example, [::1] ,", ("a.example", "::1")),
    ],
)
def test_blanks_around_entries_and_a_comma_at_the_end_do_not_count(
    text: str, entries: tuple[str, ...]
) -> None:
    assert allowed_hosts(text) == entries


def fixed_list(message: str) -> str:
    written = re.search(r"write '([^']*)'$", message)
    assert written, message
    return written[1]


@pytest.mark.parametrize(
    "text", ["a.example,,b.example", ",a.example", "a.example, ,", "a.example,,"]
)
def test_an_empty_entry_is_refused_with_the_corrected_list(text: str) -> None:
    with pytest.raises(SettingError) as refused:
        Settings.from_env({"ALLOWED_SOURCE_HOSTS": text})
    assert str(refused.value).startswith(f"ALLOWED_SOURCE_HOSTS is {text!r}: it must be ")
    assert allowed_hosts(fixed_list(str(refused.value)))[0] == "a.example"


@pytest.mark.parametrize("text", [",", " , ", ",,", " ,, , "])
def test_a_list_of_commas_is_refused_and_opens_nothing(text: str) -> None:
    with pytest.raises(SettingError, match="names no host: leave it empty to allow every public"):
        Settings.from_env({"ALLOWED_SOURCE_HOSTS": text})


@pytest.mark.parametrize(
    "entry", [entry for entry in REFUSED if entry.strip() and "," not in entry]
)
def test_a_wrong_entry_is_refused_with_its_variable_and_value(
    entry: str,
) -> None:
    if entry.strip() in TAKEN or entry != entry.strip():
        return  # blanks around an entry do not count here
    value = f"*.cdn.example, {entry}"
    with pytest.raises(SettingError) as refused:
        Settings.from_env({"ALLOWED_SOURCE_HOSTS": value})
    message = str(refused.value)
    assert message.startswith(f"ALLOWED_SOURCE_HOSTS is {value!r}: it must be a host name, ")
    assert repr(entry) in message
    json.dumps(message)


@pytest.mark.parametrize(
    ("entry", "host", "address"),
    [
        ("::1", "[0:0:0:0:0:0:0:1]", "::1"),
        ("[0::1]", "::1", "::1"),
        ("inside.example", "INSIDE.example.", "10.0.0.5"),
        ("b\u00fccher.example", "xn--bcher-kva.example", "10.0.0.5"),
    ],
)
def test_a_named_host_may_have_a_private_address_in_any_form(
    entry: str, host: str, address: str
) -> None:
    policy = AddressPolicy([entry], resolve=resolver(address))
    assert not isinstance(policy.endpoints(host, 80), Reason)


@pytest.mark.parametrize("host", ["cdn.example", "93.184.216.34", "xn--e28h.example"])
def test_a_star_alone_is_every_public_host_and_no_private_one(host: str) -> None:
    assert is_asked("*", host)
    inside = AddressPolicy(["*"], resolve=resolver("10.0.0.5"))
    assert inside.endpoints(host, 80) == Reason.BLOCKED_ADDRESS
