"""Which part of a cover stays when it is cropped to the shape of a cell."""

from enum import StrEnum


class Gravity(StrEnum):
    """Where the part that stays is taken from. Names as in ImageMagick, where it has one."""

    CENTER = "center"
    """The middle."""
    UPPER = "upper"
    """The middle of the width; of a tall cover, most of the cut is at its lower end."""
    NORTH = "north"
    """The middle of the width; a tall cover is cut at its lower end only."""
    ATTENTION = "attention"
    """Where people probably are: skin, and what differs from the rest of the picture."""
