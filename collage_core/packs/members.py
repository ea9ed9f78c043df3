"""The names of covers in a pack: `{creator}/{picture}.{type}`, such as `leo.art/1f0c….jpg`.

The creator is part of the name, and a cover is looked up by both: the identity of a TikTok picture
does not say its host, so a row of one creator must not decide what another one gets.
"""

from collage_core.covers.picture_identity import picture_digest
from collage_core.layout.creator_names import encode_creator


def member_stem(creator: str, url: str) -> str:
    """The name of a cover in a pack, without the dot and the type of its file."""
    return f"{encode_creator(creator)}/{picture_digest(url)}"
