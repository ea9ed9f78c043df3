"""Reads the headers of an HTTP response as browsers do.

`http.client` is different: it allows 100 header lines, keeps blanks after values, ends the headers
at the first line without a colon, and accepts truncated headers.
"""

import re
from collections.abc import Iterable
from email.parser import Parser
from http import client
from typing import BinaryIO

_LONGEST_LINE = 64 * 1024

_NAME = rb"[!#-'*+.0-9A-Z^-z|~-]+"
"""RFC 9110, section 5.6.2: a token."""

_TOKEN = re.compile(_NAME)
_CLEAN = re.compile(
    rb"(?>" + _NAME + rb":[ \t]*+(?>[!-~\x80-\xff]++(?:[ \t]++[!-~\x80-\xff]++)*+)?+\r\n)*+"
)
"""Headers in the form of RFC 9112, section 5, without blanks after values."""

_CONTROL = re.compile(rb"[\0\r]")
"""RFC 9110, section 5.5: dangerous, because other programs may read them as the end of a line."""


def read_lines(reader: BinaryIO) -> list[bytes]:
    """Read the header lines up to the empty one, which is read too but not returned.

    The socket limits the number of bytes. Raises client.HTTPException when the connection ends
    before the empty line.
    """
    lines = []
    while (line := reader.readline(_LONGEST_LINE)) not in {b"\r\n", b"\n"}:
        if not line.endswith(b"\n"):
            raise client.HTTPException("the headers break off")
        lines.append(line)
    return lines


def parse(lines: list[bytes]) -> tuple[client.HTTPMessage, bool]:
    """Parse headers; also returns whether they have the form of RFC 9112.

    If they have not, two readers may see different headers. Then only the body that they describe
    can be trusted, and nothing after it. Malformed lines are counted for urllib3's log, but not
    kept: they may contain a signature.
    """
    head = b"".join(lines)
    is_sound = True
    if not _CLEAN.fullmatch(head):
        head, is_sound = _cleaned(lines)
    text = head.decode("latin-1")
    # The email parser takes most of a request's time. It is used only for malformed headers, which
    # it reports to urllib3's log, and for multipart answers, which are not pictures anyway.
    if not is_sound or "multipart" in text:
        return Parser(_class=client.HTTPMessage).parsestr(text), is_sound
    headers = client.HTTPMessage()
    for line in text.split("\r\n")[:-1]:
        name, _, value = line.partition(":")
        headers.set_raw(name, value.strip(" \t"))
    return headers, True


def list_members(values: Iterable[str]) -> list[str]:
    """The members of a comma-separated header, of all its lines together, in lower case.

    Empty members are ignored (RFC 9110, section 5.6.1).
    """
    members = (member.strip(" \t").lower() for value in values for member in value.split(","))
    return [member for member in members if member]


def _cleaned(lines: list[bytes]) -> tuple[bytes, bool]:
    """Normalize headers; also returns whether only blanks after values were wrong."""
    fields: list[bytes] = []
    malformed = 0
    is_sound, continues = True, False
    for line in lines:
        text = line.removesuffix(b"\n").removesuffix(b"\r")
        is_sound = is_sound and line.endswith(b"\r\n")
        if _CONTROL.search(text):
            malformed, continues = malformed + 1, False
        elif text.startswith((b" ", b"\t")) and continues:
            # RFC 9112, section 5.2: obsolete line folding is read as a blank.
            fields[-1] = (fields[-1] + b" " + text.strip(b" \t")).rstrip(b" \t")
            is_sound = False
        else:
            name, colon, value = text.partition(b":")
            bare_name = name.rstrip(b" \t")
            is_sound = is_sound and name == bare_name
            continues = bool(colon and _TOKEN.fullmatch(bare_name))
            if continues:
                fields.append(b"%b: %b" % (bare_name, value.strip(b" \t")))
            else:
                malformed += 1
    if malformed:
        # This line is last, because the parser reads everything after it as the body.
        fields.append(b"%d lines that are no headers" % malformed)
    head = b"".join(field + b"\r\n" for field in fields)
    return head, is_sound and not malformed
