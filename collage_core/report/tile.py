"""A thumbnail that is inside a page."""

from dataclasses import dataclass

from collage_core.layout.creator_names import encode_creator


@dataclass(frozen=True, slots=True)
class Tile:
    """For whoever has no other file of the run."""

    creator: str
    picture: str
    """Its file, as a data: URI."""
    href: str
    """The way from the page to the collage."""

    @property
    def encoded(self) -> str:
        """The creator as the page's script knows it."""
        return encode_creator(self.creator)
