"""The head of an HTTP response: its lines, read as browsers read them, and the values in them.

`http.client` takes 100 header lines, keeps blanks behind values, ends the headers at the first
line without a colon, and takes a head that breaks off for a whole one.
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
"""Headers as RFC 9112, section 5, has them sent, with no blank behind a value."""

_CONTROL = re.compile(rb"[\0\r]")
"""RFC 9110, section 5.5: dangerous, since others may take them for the end of the line."""


def read_lines(reader: BinaryIO) -> list[bytes]:
    """The header lines up to the empty one, which is read too and left out.

    How many bytes there may be is the socket's to bound. Raises client.HTTPException when the
    connection ends before.
    """
    lines = []
    while (line := reader.readline(_LONGEST_LINE)) not in {b"\r\n", b"\n"}:
        if not line.endswith(b"\n"):
            raise client.HTTPException("the headers break off")
        lines.append(line)
    return lines


def parse(lines: list[bytes]) -> tuple[client.HTTPMessage, bool]:
    """The headers, and whether they were sent as RFC 9112 wants them.

    When they were not, two readers may see different headers in them: believe what they say of
    the body, and nothing that comes behind it. Of a line that is no header only the fact that
    it was there is kept, which urllib3 logs; the line itself may hold a signature.
    """
    head = b"".join(lines)
    is_sound = True
    if not _CLEAN.fullmatch(head):
        head, is_sound = _cleaned(lines)
    text = head.decode("latin-1")
    # The email parser takes most of a request's time. Only it knows what is no header, for
    # urllib3 to log, and what is broken in a multipart answer, which is no picture anyway.
    if not is_sound or "multipart" in text:
        return Parser(_class=client.HTTPMessage).parsestr(text), is_sound
    headers = client.HTTPMessage()
    for line in text.split("\r\n")[:-1]:
        name, _, value = line.partition(":")
        headers.set_raw(name, value.strip(" \t"))
    return headers, True


def listed(values: Iterable[str]) -> list[str]:
    """The members of a comma-separated header, all its lines together, in lower case.

    RFC 9110, section 5.6.1: empty members do not count.
    """
    members = (member.strip(" \t").lower() for value in values for member in value.split(","))
    return [member for member in members if member]


def _cleaned(lines: list[bytes]) -> tuple[bytes, bool]:
    """Headers as they should have been sent, and whether only blanks behind values were wrong."""
    fields: list[bytes] = []
    malformed = 0
    is_sound, continues = True, False
    for line in lines:
        text = line.removesuffix(b"\n").removesuffix(b"\r")
        is_sound = is_sound and line.endswith(b"\r\n")
        if _CONTROL.search(text):
            malformed, continues = malformed + 1, False
        elif text.startswith((b" ", b"\t")) and continues:
            # RFC 9112, section 5.2: obsolete line folding, to be read as a blank.
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
        # Last, because the parser takes what follows a line without a colon for the body.
        fields.append(b"%d lines that are no headers" % malformed)
    head = b"".join(field + b"\r\n" for field in fields)
    return head, is_sound and not malformed
