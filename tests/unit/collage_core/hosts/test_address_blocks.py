"""Addresses against IANA's registries, of which Python knows another part in each release."""

from ipaddress import IPv4Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collage_core.hosts.address_blocks import (
    GLOBALLY_REACHABLE,
    NEVER_ALLOWED,
    PRIVATE,
    is_public,
    is_public_or_private,
)

# The rows of both special-purpose registries of 2025-10-09 that are not "Globally Reachable".
REGISTERED = [
    *("0.0.0.0/8", "0.0.0.0/32", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"),
    *("172.16.0.0/12", "192.0.0.0/24", "192.0.0.0/29", "192.0.0.8/32", "192.0.0.170/31"),
    *("192.0.2.0/24", "192.88.99.0/24", "192.88.99.2/32", "192.168.0.0/16", "198.18.0.0/15"),
    *("198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4", "255.255.255.255/32"),
    *("::1/128", "::/128", "64:ff9b:1::/48", "100::/64", "100:0:0:1::/64", "2001::/32"),
    *("2001:2::/48", "2001:10::/28", "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16"),
    *("fc00::/7", "fe80::/10"),
    # Beside these registries: multicast (RFC 5771, RFC 4291), site local (RFC 3879),
    # IPv4-compatible (RFC 4291) and IPv4-translated (RFC 2765).
    *("224.0.0.0/4", "ff00::/8", "fec0::/10", "::/96", "::ffff:0:0:0/96"),
]
CLOUDS = {
    "169.254.169.254": "AWS, Google, Azure, DigitalOcean, Hetzner",
    "169.254.170.2": "AWS ECS",
    "168.63.129.16": "Azure",
    "100.100.100.200": "Alibaba",
    "192.0.0.192": "Oracle",
    "fd00:ec2::254": "AWS",
    "fd00:ec2::23": "AWS EKS",
    "fd20:ce::254": "Google",
    "fd00:c1::a9fe:a9fe": "Oracle",
    "fd00:42::42": "Scaleway",
    "fe80::a9fe:a9fe": "OpenStack",
}
DISGUISES = [
    "::ffff:{dotted}",
    "64:ff9b::{dotted}",
    "::{dotted}",
    "::ffff:0:{dotted}",
    "64:ff9b:1::{dotted}",
    "2002:{hex}::1",
    "2606:4700::5efe:{dotted}",
    "2606:4700::200:5efe:{dotted}",
    "2606:4700::100:5efe:{dotted}",
    "fe80::5efe:{dotted}",
    "fd12::5efe:{dotted}",
    "2001:db8::200:5efe:{dotted}",
]


def disguised(address: str) -> list[str]:
    hexed = f"{int(IPv4Address(address)):08x}"
    words = {"dotted": address, "hex": f"{hexed[:4]}:{hexed[4:]}"}
    return [disguise.format(**words) for disguise in DISGUISES]


@pytest.mark.parametrize("block", REGISTERED)
def test_no_address_of_a_registered_block_is_public(block: str) -> None:
    network = ip_network(block)
    middle = network[network.num_addresses // 2]
    for address in (network[0], middle, network[-1]):
        assert not is_public(str(address))


@pytest.mark.parametrize("address", CLOUDS)
def test_cloud_services_are_never_allowed_even_when_named(address: str) -> None:
    forms = disguised(address) if "." in address else []
    for form in [address, *forms]:
        assert not is_public(form)
        assert not is_public_or_private(form)


@pytest.mark.parametrize("address", disguised("10.0.0.1") + disguised("127.0.0.1"))
def test_a_private_address_in_disguise_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("public", ["2606:4700::5efe:1.1.1.1", "2606:4700::200:5efe:1.1.1.1"])
def test_isatap_addresses_are_never_public(public: str) -> None:
    assert not is_public(public)
    assert is_public_or_private(public)


@pytest.mark.parametrize(
    "address",
    [
        *("1.1.1.1", "168.63.129.15", "168.63.129.17", "100.63.255.255", "100.128.0.0"),
        *("192.31.196.1", "192.52.193.1", "192.175.48.1", "172.15.0.1", "172.32.0.1", "9.9.9.9"),
        *("2606:4700:4700::1111", "2620:4f:8000::1", "2001:4860:4860::8888", "2003::1"),
        *("2001:3::1", "2001:4:112::1", "2001:20::1", "2001:30::1", "2001:200::1"),
        *("64:ff9b::1.1.1.1", "::ffff:1.1.1.1", "3fff:1000::1", "2606:4700::5eff:1.1.1.1"),
    ],
)
def test_globally_reachable_blocks_are_public(address: str) -> None:
    assert is_public(address)
    assert is_public_or_private(address)


@pytest.mark.parametrize("address", ["192.0.0.9", "192.0.0.10", "2001:1::1", "2001:1::2"])
def test_anycast_of_the_nearest_network_is_never_allowed(address: str) -> None:
    assert not is_public_or_private(address)


@given(st.ip_addresses())
def test_addresses_that_python_calls_not_global_are_not_public(address: object) -> None:
    ip = ip_address(str(address))
    if not ip.is_global and not getattr(ip, "ipv4_mapped", None):
        # What Python 3.12.1 has wrong: parts of 2001::/23 are reachable.
        assert not is_public(str(ip)) or any(
            ip in ip_network(block) for block in GLOBALLY_REACHABLE
        )
    assert not is_public(str(ip)) or is_public_or_private(str(ip))


def test_every_block_names_its_source_and_is_in_one_table() -> None:
    tables = (NEVER_ALLOWED, PRIVATE, GLOBALLY_REACHABLE)
    assert len({*NEVER_ALLOWED, *PRIVATE, *GLOBALLY_REACHABLE}) == sum(map(len, tables))
    for blocks in tables:
        for block, source in blocks.items():
            assert str(ip_network(block)) == block
            assert "RFC" in source or block == "168.63.129.16/32" or block.startswith("fd")
