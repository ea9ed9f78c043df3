"""Names that become part of keys."""

import re
from typing import Annotated

from msgspec import Meta

from collage_core.contract.fields import END, RULE
from collage_core.contract.wording import shown
from collage_core.errors import MessageError

_LONGEST = 200

_FOLDER = r"(?!\.{1,2}(/|$))[A-Za-z0-9!_.*'()-]+"

Identifier = Annotated[
    str,
    Meta(
        pattern=rf"^(?!\.)[A-Za-z0-9._-]{{1,{_LONGEST}}}{END}",
        extra={
            RULE: "it may have letters, digits, '.', '_' and '-', "
            f"at most {_LONGEST} of them, and may not begin with a dot"
        },
    ),
]
"""A run_id or chunk_id. It becomes part of keys, so it may not contain a slash or a dot-dot."""

_PREFIX_PATTERN = rf"^/*({_FOLDER}(/{_FOLDER})*)?/*{END}"
_PREFIX_RULE = (
    "it must be a folder like 'manual-batch/', at most "
    f"{_LONGEST} letters, digits and !_.*'()- with single slashes between"
)

OutputPrefix = Annotated[
    str, Meta(max_length=_LONGEST, pattern=_PREFIX_PATTERN, extra={RULE: _PREFIX_RULE})
]
"""The folder below the day's folder; `clean_prefix` removes slashes at its ends."""


def clean_prefix(given: object) -> str:
    """An OutputPrefix. None means no folder; "manual-batch/" and "/manual-batch" are the same.

    Raises MessageError for anything that cannot be a folder.
    """
    if given is None:
        return ""
    if isinstance(given, str):
        # The pattern sees a short text only: its time is the square of the number of slashes.
        prefix = given.strip("/")
        if len(prefix) <= _LONGEST and re.search(_PREFIX_PATTERN, prefix):
            return prefix
    raise MessageError(f"output_prefix is {shown(given)}: {_PREFIX_RULE}")
