"""The names of covers in a pack: `{creator}/{picture}.{type}`, such as `leo.art/1f0c….jpg`.

The creator is part of the name, and a cover is looked up by both: the identity of a TikTok picture
does not say its host, so a row of one creator must not decide what another one gets.
"""

import hashlib

from collage_core.covers.picture_identity import picture_of
from collage_core.layout.creator_names import encode_creator

_DIGEST_LENGTH = 32


def picture_digest(url: str) -> str:
    """A digest of the picture that a cover URL shows: the same when the URL is signed again.

    The identity itself may contain the secret of an unknown signing scheme.
    """
    picture = picture_of(url).encode("utf-8", "surrogatepass")
    return hashlib.sha256(picture).hexdigest()[:_DIGEST_LENGTH]


def member_stem(creator: str, url: str) -> str:
    """The name of a cover in a pack, without the dot and the type of its file."""
    return f"{encode_creator(creator)}/{picture_digest(url)}"
