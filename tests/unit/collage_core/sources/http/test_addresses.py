import socket
from typing import Any

import pytest

from collage_core.contract.reasons import Reason
from collage_core.hosts.address_blocks import is_public, is_public_or_private
from collage_core.sources.http.addresses import AddressPolicy, TemporaryLookupError
from tests.support.addresses import LOOPBACK_FORMS

PUBLIC = ["1.1.1.1", "93.184.216.34", "2606:4700:4700::1111", "64:ff9b::5db8:d822"]
NEVER = [
    "169.254.169.254",
    "169.254.170.2",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "224.0.0.251",
    "ff02::1",
    "0.0.0.0",  # noqa: S104  an address to refuse
    "::",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
]
PRIVATE = [
    "127.0.0.1",
    "127.1.2.3",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "::1",
    "fd12:3456::1",
    "::ffff:10.0.0.1",
    "::ffff:7f00:1",
    "64:ff9b::a00:1",
]
SPECIAL = [
    "100.64.0.1",
    "192.0.0.8",
    "198.18.0.1",
    "203.0.113.7",
    "240.0.0.1",
    "255.255.255.255",
    "::10.0.0.1",
    "2002:a00:1::",
    "2002:5db8:d822::1",
    "2001:0:7f00:1::",
    "64:ff9b:1::a00:1",
    "fec0::1",
    "2001:db8::1",
]


class Names:
    """A resolver of made-up names that notes what it was asked."""

    def __init__(self, **addresses: list[str]) -> None:
        self.addresses = {name.replace("_", "."): found for name, found in addresses.items()}
        self.asked: list[str] = []

    def __call__(self, host: str, port: int, **_: Any) -> list[tuple[Any, ...]]:
        self.asked.append(host)
        if host not in self.addresses:
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        return [
            (
                socket.AF_INET6 if ":" in address else socket.AF_INET,
                socket.SOCK_STREAM,
                6,
                "",
                (address, port),
            )
            for address in self.addresses[host]
        ]


@pytest.mark.parametrize("address", PUBLIC)
def test_an_address_of_the_public_internet_may_be_reached(address: str) -> None:
    assert is_public(address)
    assert is_public_or_private(address)


@pytest.mark.parametrize("address", [*NEVER, *PRIVATE, *SPECIAL])
def test_no_other_address_is_public_in_any_form(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PRIVATE)
def test_a_private_address_may_be_reached_if_it_is_named(address: str) -> None:
    assert is_public_or_private(address)


@pytest.mark.parametrize("address", NEVER)
def test_forbidden_addresses_may_never_be_reached(address: str) -> None:
    assert not is_public_or_private(address)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        *LOOPBACK_FORMS,
        "LOCALHOST",
        "::1",
        "::ffff:127.0.0.1",
        "169.254.169.254",
        "0xa9fea9fe",
    ],
)
def test_every_form_of_a_private_address_is_blocked(host: str) -> None:
    assert AddressPolicy().endpoints(host, 80) == Reason.BLOCKED_ADDRESS


def test_a_name_for_a_private_address_is_blocked() -> None:
    policy = AddressPolicy(resolve=Names(inside_example=["10.0.0.5"]))
    assert policy.endpoints("inside.example", 80) == Reason.BLOCKED_ADDRESS


def test_one_private_address_among_public_ones_blocks_the_name() -> None:
    policy = AddressPolicy(resolve=Names(mixed_example=["1.1.1.1", "10.0.0.5"]))
    assert policy.endpoints("mixed.example", 80) == Reason.BLOCKED_ADDRESS


def test_all_public_addresses_of_a_name_are_given_in_their_order() -> None:
    policy = AddressPolicy(resolve=Names(cdn_example=["1.1.1.1", "2606:4700:4700::1111"]))
    endpoints = policy.endpoints("cdn.example", 443)
    assert not isinstance(endpoints, Reason)
    assert [endpoint.sockaddr for endpoint in endpoints] == [
        ("1.1.1.1", 443),
        ("2606:4700:4700::1111", 443),
    ]


def test_a_name_without_an_address_is_a_dns_failure() -> None:
    assert AddressPolicy(resolve=Names()).endpoints("nowhere.example", 80) == Reason.DNS_FAILURE


def test_a_temporary_lookup_failure_is_not_an_unknown_name() -> None:
    def resolve(*_: Any, **__: Any) -> list[tuple[Any, ...]]:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    with pytest.raises(TemporaryLookupError, match="Temporary failure"):
        AddressPolicy(resolve=resolve).endpoints("cdn.example", 80)


@pytest.mark.parametrize("host", ["a..example", f"{'x' * 64}.example"])
def test_a_name_that_dns_cannot_encode_is_a_dns_failure(host: str) -> None:
    assert AddressPolicy().endpoints(host, 80) == Reason.DNS_FAILURE


def test_a_host_that_is_not_allowed_is_not_even_looked_up() -> None:
    names = Names(evil_example=["1.1.1.1"])
    policy = AddressPolicy(["*.cdn.example", "img.example"], resolve=names)
    assert policy.endpoints("evil.example", 80) == Reason.BLOCKED_ADDRESS
    assert names.asked == []


@pytest.mark.parametrize("host", ["p16.cdn.example", "P16.CDN.Example", "p16.cdn.example."])
def test_a_glob_permits_names_in_any_case_and_with_a_final_dot(host: str) -> None:
    names = Names()
    names.addresses[host] = ["1.1.1.1"]
    policy = AddressPolicy(["*.cdn.example"], resolve=names)
    assert not isinstance(policy.endpoints(host, 80), Reason)


def test_a_glob_does_not_open_private_addresses() -> None:
    policy = AddressPolicy(["*"], resolve=Names(inside_example=["127.0.0.1"]))
    assert policy.endpoints("inside.example", 80) == Reason.BLOCKED_ADDRESS


@pytest.mark.parametrize("host", ["img.*.example", "img.?.example", "img[1].example"])
def test_a_host_that_looks_like_a_glob_does_not_match_it_literally(host: str) -> None:
    def resolve(*_: Any, **__: Any) -> list[tuple[Any, ...]]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 80))]

    policy = AddressPolicy([host], resolve=resolve)
    assert policy.endpoints(host, 80) == Reason.BLOCKED_ADDRESS


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "[::1]", "localhost"])
def test_a_host_that_is_named_literally_may_have_a_private_address(host: str) -> None:
    assert not isinstance(AddressPolicy([host]).endpoints(host.strip("[]"), 80), Reason)


def test_a_literal_name_does_not_open_its_address_under_another_name() -> None:
    assert AddressPolicy(["localhost", "*"]).endpoints("127.0.0.1", 80) == Reason.BLOCKED_ADDRESS


def test_a_host_that_is_named_literally_never_leads_to_a_metadata_service() -> None:
    policy = AddressPolicy(["cdn.example"], resolve=Names(cdn_example=["169.254.169.254"]))
    assert policy.endpoints("cdn.example", 80) == Reason.BLOCKED_ADDRESS
