"""Host names as DNS, TLS and HTTP take them, however a person has written them.

`Bücher.example`, `😀.example`, `b%C3%BCcher.example`, full-width letters and ideographic full stops
are hosts that a browser opens. It maps them to ASCII first (WHATWG URL Standard, "host parser",
which rests on Unicode Technical Standard 46), and so do cover URLs and the allow-list: one host
has one name.
"""

import re
from ipaddress import IPv6Address
from urllib.parse import unquote

LONGEST_LABEL = 63
"""Characters between two dots, as ASCII (RFC 1035, section 2.3.4)."""

_ACE_PREFIX = "xn--"
# WHATWG's forbidden domain code points. The asterisk is ours: it would name a host like a glob.
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f#/:<>?@\[\\\]^|%*]")


def is_plain(host: str) -> bool:
    """Whether a host needs no mapping: it is ASCII, and none of it is percent-encoded."""
    return host.isascii() and "%" not in host


def ascii_host(host: str) -> str | None:
    """`host` in lower-case ASCII, as browsers ask for it; None when they would not.

    Emoji, full-width letters, combining accents and ideographic full stops are mapped as UTS 46
    says, without its transitional and STD3 rules, with those for joiners and for text that runs
    from right to left. Stricter than browsers, a label that is not ASCII may not begin or end
    with a hyphen (RFC 5891, section 4.2.3.1), and none may be too long for DNS. The result may
    still be a name that nobody has, or an address.
    """
    import idna  # noqa: PLC0415  megabytes of tables, for the few hosts that need them

    try:
        name = idna.uts46_remap(unquote(host), std3_rules=False)
        if _FORBIDDEN.search(name):
            return None
        labels = [_unicode_label(label) for label in name.split(".")]
        # RFC 5893, section 1.4: one label from right to left puts all of them under its rule.
        is_bidi = any(map(_runs_from_right_to_left, labels))
        return ".".join(_ascii_label(label, is_bidi=is_bidi) for label in labels)
    except ValueError:  # what idna and the codec refuse with are kinds of it
        return None


def comparable(host: str) -> str:
    """A host in the form in which two spellings of it are equal.

    Lower-case ASCII, without the brackets of an IPv6 address and the dot behind a full name.
    """
    if not is_plain(host):
        host = ascii_host(host) or host
    name = host.lower().strip("[]").removesuffix(".")
    if ":" in name:
        try:
            return str(IPv6Address(name))
        except ValueError:
            return name
    return name


def _unicode_label(label: str) -> str:
    """A label with its Punycode undone. Raises ValueError for what no browser takes."""
    if not label.startswith(_ACE_PREFIX):
        return label
    import idna  # noqa: PLC0415  as above

    if len(label) > LONGEST_LABEL:  # decoding takes time that grows with its square
        raise ValueError("the label is too long")
    decoded = label.removeprefix(_ACE_PREFIX).encode("ascii").decode("punycode")
    if decoded.isascii() or idna.uts46_remap(decoded, std3_rules=False) != decoded:
        raise ValueError("the label is Punycode of what needs none, or of what would be mapped")
    return decoded


def _ascii_label(label: str, *, is_bidi: bool) -> str:
    import idna  # noqa: PLC0415  as above

    if not label:
        return label  # between two dots, which the grammar of URLs refuses
    if is_bidi:
        idna.check_bidi(label, check_ltr=True)
    if label.isascii():
        return label
    if label.startswith("-") or label.endswith("-"):
        raise ValueError("the label begins or ends with a hyphen")
    idna.check_initial_combiner(label)
    for position, character in enumerate(label):
        if character in "\u200c\u200d" and not idna.valid_contextj(label, position):
            raise ValueError("a joiner stands where it joins nothing")
    # Encoding takes time that grows with the square, too, and only adds to the length.
    if len(label) > LONGEST_LABEL:
        raise ValueError("the label is too long")
    return _ACE_PREFIX + label.encode("punycode").decode("ascii")


def _runs_from_right_to_left(label: str) -> bool:
    import unicodedata  # noqa: PLC0415  as above

    return any(unicodedata.bidirectional(character) in {"R", "AL", "AN"} for character in label)
