"""Types of fields that several documents use, and the sentences that explain them."""

from typing import Annotated

from msgspec import Meta

from collage_core.contract.wording import shown
from collage_core.errors import MessageError
from collage_core.hosts.host_limits import MOST

RULE = "rule"
"""In `Meta.extra`: what a value must be, where the type alone does not say it well."""

SECRET = "secret"  # noqa: S105 - the name of a mark
"""In `Meta.extra`: the value may hold signatures, so error messages never show it."""

END = r"$(?!\n)"
"""The very end, in Python's patterns as in those of JSON Schema: Python's `$` alone also matches
before a line feed at the end."""

Count = Annotated[int, Meta(ge=0)]
Positive = Annotated[int, Meta(ge=1)]
Text = Annotated[str, Meta(min_length=1)]
Rate = Annotated[
    float,
    Meta(gt=0, le=MOST, extra={RULE: f"it must be a number above 0 and at most {MOST}"}),
]
"""Requests per second."""

Sha256 = Annotated[
    str,
    Meta(pattern=rf"^[0-9a-f]{{64}}{END}", extra={RULE: "it must be 64 hexadecimal digits"}),
]

ByteRange = Annotated[
    tuple[Count, Count], Meta(extra={RULE: "it must be [first, last], both inclusive"})
]
"""First and last byte, both inclusive, as in an HTTP Range header."""


def check_byte_range(byte_range: tuple[int, int]) -> None:
    """Raises MessageError for a range that ends before it begins."""
    first, last = byte_range
    if last < first:
        raise MessageError(
            f"byte_range[1] is {shown(last)}: it must be a whole number of at least {first}"
        )
