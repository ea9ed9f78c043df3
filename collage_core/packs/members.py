"""The names of covers in a pack: `{creator}/{picture}.{type}`, such as `leo.art/1f0c….jpg`.

The creator is part of the name, and a cover is looked up by both: the identity of a TikTok picture
does not say its host, so a row of one creator must not decide what another one gets.
"""

from collage_core.covers.picture_identity import picture_digest
from collage_core.layout.creator_names import (
    decode_creator,
    encode_creator,
    is_cut,
    known_beginning,
)

_HIGHEST = "\U0010ffff" * 8
"""Names with a common beginning are sorted before the beginning with this at its end."""


def member_stem(creator: str, url: str) -> str:
    """The name of a cover in a pack, without the dot and the type of its file."""
    return f"{encode_creator(creator)}/{picture_digest(url)}"


def creator_of(name: str) -> str:
    """The encoded creator of a cover, by its name in a pack."""
    return name.partition("/")[0]


def least_creator(encoded: str) -> str:
    """The creator, or a name before theirs if theirs was cut. Raises ValueError if it is none."""
    return known_beginning(encoded) if is_cut(encoded) else decode_creator(encoded)


def greatest_creator(encoded: str) -> str:
    """The creator, or a name after theirs if theirs was cut. Raises ValueError if it is none."""
    return known_beginning(encoded) + _HIGHEST if is_cut(encoded) else decode_creator(encoded)
