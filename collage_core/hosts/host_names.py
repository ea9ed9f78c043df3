"""Maps host names to the ASCII that DNS, TLS and HTTP use.

A browser opens `Bücher.example`, `😀.example`, `b%C3%BCcher.example`, full-width letters and
ideographic full stops. It maps them to ASCII first (WHATWG URL Standard, "host parser", based on
Unicode Technical Standard 46). Cover URLs and the allow-list are mapped in the same way, so each
host has one name.
"""

import re
from ipaddress import IPv6Address
from urllib.parse import unquote

LONGEST_LABEL = 63
"""Most characters of a label in ASCII (RFC 1035, section 2.3.4)."""

_ACE_PREFIX = "xn--"
# WHATWG's forbidden domain code points. We add the asterisk: such a host would look like a glob.
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f#/:<>?@\[\\\]^|%*]")


def is_plain(host: str) -> bool:
    """Whether a host needs no mapping: it is ASCII and nothing in it is percent-encoded."""
    return host.isascii() and "%" not in host


def ascii_host(host: str) -> str | None:
    """`host` in lower-case ASCII, as browsers request it; None for a host that they refuse.

    Emoji, full-width letters, combining accents and ideographic full stops are mapped by UTS 46,
    without its transitional and STD3 rules, with its rules for joiners and right-to-left text.
    Two rules are stricter than in browsers: a label that is not ASCII may not begin or end with a
    hyphen (RFC 5891, section 4.2.3.1), and no label may be too long for DNS. The result may still
    be a name that does not exist, or an address.
    """
    import idna  # noqa: PLC0415  megabytes of tables, for the few hosts that need them

    try:
        name = idna.uts46_remap(unquote(host), std3_rules=False)
        if _FORBIDDEN.search(name):
            return None
        labels = [_unicode_label(label) for label in name.split(".")]
        # RFC 5893, section 1.4: one right-to-left label makes its rule apply to all labels.
        is_bidi = any(map(_runs_from_right_to_left, labels))
        return ".".join(_ascii_label(label, is_bidi=is_bidi) for label in labels)
    except ValueError:  # the errors of idna and of the codec are subclasses
        return None


def canonical_host(host: str) -> str:
    """Return the one form of a host that all ways to write it share.

    Lower-case ASCII, without the brackets of an IPv6 address and without a final dot.
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
    """A label with its Punycode decoded. Raises ValueError for a label that browsers refuse."""
    if not label.startswith(_ACE_PREFIX):
        return label
    import idna  # noqa: PLC0415  as above

    if len(label) > LONGEST_LABEL:  # decoding takes quadratic time
        raise ValueError("the label is too long")
    decoded = label.removeprefix(_ACE_PREFIX).encode("ascii").decode("punycode")
    if decoded.isascii() or idna.uts46_remap(decoded, std3_rules=False) != decoded:
        raise ValueError("the label is Punycode of text that is ASCII or would be mapped")
    return decoded


def _ascii_label(label: str, *, is_bidi: bool) -> str:
    import idna  # noqa: PLC0415  as above

    if not label:
        return label  # empty between two dots; the grammar of URLs refuses it
    if is_bidi:
        idna.check_bidi(label, check_ltr=True)
    if label.isascii():
        return label
    if label.startswith("-") or label.endswith("-"):
        raise ValueError("the label begins or ends with a hyphen")
    idna.check_initial_combiner(label)
    for position, character in enumerate(label):
        if character in "\u200c\u200d" and not idna.valid_contextj(label, position):
            raise ValueError("the label has a joiner in a place where it is not allowed")
    # Encoding takes quadratic time, too, and only adds to the length.
    if len(label) > LONGEST_LABEL:
        raise ValueError("the label is too long")
    return _ACE_PREFIX + label.encode("punycode").decode("ascii")


def _runs_from_right_to_left(label: str) -> bool:
    import unicodedata  # noqa: PLC0415  as above

    return any(unicodedata.bidirectional(character) in {"R", "AL", "AN"} for character in label)
