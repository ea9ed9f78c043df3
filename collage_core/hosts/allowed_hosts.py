"""Checks the list of hosts that covers may come from.

An entry is a host name, an IP address (IPv6 with or without brackets), or a glob of a host name
with `*`, `?`, `[ab]`, `[!ab]` and `[a-z]`; `*` alone is every public host. Capitals, a final dot
and names that are not ASCII are allowed, as in a cover URL.

An entry that can match no host, or only hosts that are never allowed, is refused: otherwise it
would block all covers of a run, and the run would still end without an error.
"""

import re
import socket
from fnmatch import fnmatchcase
from ipaddress import IPv4Address, IPv4Network, IPv6Address

from collage_core.errors import SettingError
from collage_core.hosts.address_blocks import is_public, is_public_or_private
from collage_core.hosts.host_names import LONGEST_LABEL, ascii_host, canonical_host

ENTRY_FORM = "a host name, an IP address or a glob of host names such as '*.cdn.example'"
"""The form of one entry, for messages."""

LIST_FORM = f"{ENTRY_FORM}, or several with commas between them"
"""The form of a list, for messages."""

_LONGEST_NAME = 253  # RFC 1035, section 2.3.4, written with dots
_LABEL = rf"[a-z0-9_-]{{1,{LONGEST_LABEL}}}"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_NOT_IN_A_NAME = re.compile(r"[^a-z0-9_.-]")
_DOT = re.compile("[.\u3002\uff0e\uff61]")  # UTS 46, section 2.3
_LEADING_DOT = re.compile(r"\.[^.]")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")  # WHATWG URL Standard, "ends in a number checker"
_IPV6 = re.compile(r"\[[0-9A-Fa-f:.]+\]|[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*")

_GLOB_SIGN = re.compile(r"[*?\[\]]")
_SET = re.compile(r"\[([^\[\]]*)\]")
_IN_BRACKETS = re.compile(r"\[([^\[\]]*)\]\.?")
_ITEM = "(?:[a-z0-9]-[a-z0-9]|[a-z0-9_])"
# A literal hyphen must be first or last: elsewhere `fnmatch` reads it as a range.
_CHOICES = re.compile(rf"!?(?:-{_ITEM}*|{_ITEM}+-?)")
_RANGE = re.compile("([a-z0-9])-([a-z0-9])")
_ALONE = re.compile(r"(?<![^.])\*+(?![^.])")
"""Stars that are a whole label."""
_OCTETS = re.compile(r"((?:[0-9]{1,3}\.){1,3})([0-9*?!\[\]-]+)(?:\.[0-9.*?!\[\]-]*)?")
"""Some octets of an address, and the first one that is a pattern."""

_AROUND_A_HOST = re.compile(
    r"""["'\s]*(?:(?:[A-Za-z][A-Za-z0-9+.-]*:)?//)?(?:[^/#@\s]*@)?"""
    r"""(\[[0-9A-Fa-f:.]+\]|[^:/#@\s"']+)(?::[0-9]*(?!//))?(?:[/#]\S*)?["'\s]*"""
)
_NETWORK = re.compile(r"[0-9A-Fa-f:.]+/[0-9]+")
_WITH_PORT = re.compile(r"(?:\[[^\]]*\]|[^:]*):[0-9]*")


def allowed_host(text: str) -> str:
    """Return an entry in the form in which it is compared with hosts. This is idempotent.

    Raises SettingError that names the entry, its fault and, if it can be guessed, what to write
    instead.
    """
    try:
        return _entry(text)
    except SettingError as error:
        suggested = _suggestion(text)
        if suggested is None or suggested == text:
            raise
        try:
            _entry(suggested)
        except SettingError:
            raise error from None
        raise SettingError(f"{error}: write {suggested!r}") from None


def allowed_hosts(text: str) -> tuple[str, ...]:
    """Return the entries of a comma-separated list; blanks around an entry are ignored.

    White space alone is an empty list. A comma may follow the last entry, but no entry may be
    empty. Raises SettingError as `allowed_host` does.
    """
    if not text.strip():
        return ()
    entries = [entry.strip() for entry in text.split(",")]
    if not entries[-1]:
        entries.pop()
    given = [entry for entry in entries if entry]
    if not given:
        raise SettingError("it names no host: leave it empty to allow every public host")
    if given != entries:
        raise SettingError(f"a comma has no host before it: write {','.join(given)!r}")
    return tuple(map(allowed_host, entries))


def is_glob(entry: str) -> bool:
    """Whether an entry is a pattern and not the name or address of one host."""
    return _GLOB_SIGN.search(entry) is not None


def _entry(text: str) -> str:
    if not text:
        raise SettingError("'' is empty: leave it out to allow every public host")
    if _IPV6.fullmatch(text) and (address := _ipv6(text)):
        return _allowed_address(text, address)
    if fault := _surplus_fault(text):
        raise _error(text, fault)
    return _glob(text) if is_glob(text) else _name(text)


def _suggestion(text: str) -> str | None:
    """What to write instead of a refused entry, if it can be guessed."""
    if _NETWORK.fullmatch(text):
        return None
    if _LEADING_DOT.match(text):
        return f"*{text}"
    inner = _IN_BRACKETS.fullmatch(text) or _AROUND_A_HOST.fullmatch(text)
    return inner[1] if inner else None


def _surplus_fault(text: str) -> str | None:
    """The first part of an entry that does not belong to a host, such as a port."""
    faults = (
        (any(map(str.isspace, text)), "has a blank"),
        (_NETWORK.fullmatch(text), "is a network: name each address that is meant"),
        ("//" in text, "has a scheme"),
        ("@" in text, "has a user name"),
        ("/" in text, "has a path"),
        (_WITH_PORT.fullmatch(text), "has a port"),
        (":" in text, "has ':' and is no IPv6 address"),
        (_IN_BRACKETS.fullmatch(text), "is in brackets and is no IPv6 address"),
        (_LEADING_DOT.match(text), "begins with a dot, and no host does"),
    )
    return next((fault for is_there, fault in faults if is_there), None)


def _name(text: str) -> str:
    name = canonical_host(text)
    _check_name(text, name)
    return _ipv4(text, name) if _NUMBER.fullmatch(name.rpartition(".")[2]) else name


def _ipv4(text: str, number: str) -> str:
    """The address of a name that ends in a number; such a name can only be an IPv4 address."""
    try:
        return _allowed_address(text, str(IPv4Address(number)))
    except ValueError:
        pass
    try:
        address = socket.inet_ntoa(socket.inet_aton(number))  # 127.1, 0x7f.1 or 2130706433
    except OSError:
        raise _error(text, "ends in a number and is no IP address") from None
    raise _error(text, f"is another form of {address}: write {_allowed_address(text, address)!r}")


def _glob(text: str) -> str:
    for choices in _SET.findall(text.lower()):
        _check_set(text, choices)
    labels = [label.lower() for label in _DOT.split(text)]
    if len(labels) > 1 and not labels[-1]:
        labels.pop()
    glob = ".".join(_glob_label(text, label) for label in labels)
    # The shortest host that matches: a set or a question mark is one letter, and a star is empty
    # unless it is a whole label.
    shortest = _ALONE.sub("x", _SET.sub("x", glob).replace("?", "x")).replace("*", "")
    if is_glob(shortest):
        raise _error(text, "has a bracket without its other half")
    _check_name(text, shortest)
    if octets := _OCTETS.fullmatch(glob):
        _check_octets(text, *octets.groups())
    return glob


def _check_set(text: str, choices: str) -> None:
    if not _CHOICES.fullmatch(choices):
        raise _error(text, f"has the set '[{choices}]': write one like [ab], [!ab] or [a-z]")
    for first, last in _RANGE.findall(choices):
        if first > last:
            raise _error(text, f"has a range backwards: write '{last}-{first}'")


def _glob_label(text: str, label: str) -> str:
    if label.isascii():
        return label
    if is_glob(label):
        raise _error(text, f"has a wildcard in {label!r}, which is not ASCII: name each host")
    return ascii_host(label) or label


def _check_name(text: str, name: str) -> None:
    if odd := _NOT_IN_A_NAME.search(name):
        raise _error(text, f"has {odd[0]!r}, which no name of a host has")
    if not _NAME.fullmatch(name):
        raise _error(text, f"has a part that is empty or longer than {LONGEST_LABEL}")
    if len(name) > _LONGEST_NAME:
        raise _error(text, f"is longer than {_LONGEST_NAME}")


def _check_octets(text: str, given: str, pattern: str) -> None:
    """Refuse `10.*` and `192.168.1.[1-9]`: a glob allows no private address."""
    octets = [octet for octet in map(str, range(256)) if fnmatchcase(octet, pattern)]
    size = 8 * (given.count(".") + 1)
    rest = ".0" * (4 - size // 8)
    try:
        networks = [IPv4Network(f"{given}{octet}{rest}/{size}") for octet in octets]
    except ValueError:
        return  # not an address, so perhaps a name
    ends = [str(network[index]) for network in networks for index in (0, -1)]
    if ends and not any(map(is_public, ends)):
        raise _error(text, "is a glob of private addresses, and opens none: name each of them")


def _ipv6(text: str) -> str | None:
    try:
        return str(IPv6Address(text.strip("[]")))
    except ValueError:
        return None


def _allowed_address(text: str, address: str) -> str:
    if not is_public_or_private(address):
        raise _error(text, "is an address that is never asked")
    return address


def _error(text: str, fault: str) -> SettingError:
    return SettingError(f"{text!r} {fault}")
