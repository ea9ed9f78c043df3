"""What a collage says of itself inside its file: its creator, its run and window, an alt text."""

from collections.abc import Sequence

from collage_core import __version__
from collage_core.contract.message import ChunkMessage
from collage_core.contract.window import Window
from collage_core.covers.rows import CoverRow
from collage_core.pictures.description import Description, Embedded, embedded, plain_text

_SOFTWARE = f"cover-collage {__version__}"
_ISO = "%Y-%m-%dT%H:%M:%SZ"


def about_collage(message: ChunkMessage, creator: str, placed: Sequence[CoverRow]) -> Embedded:
    """To be embedded into a creator's collage and thumbnail. Nothing of the covers' own is in it.

    It has no date of its own: the timestamp of a scheduled run is older than the run's covers.
    """
    return embedded(
        Description(
            creator=creator,
            alt_text=alt_text(creator, placed),
            software=_SOFTWARE,
            run_id=message.run_id,
            period=_interval(message.window) if message.window else None,
        )
    )


def alt_text(creator: str, placed: Sequence[CoverRow]) -> str:
    """Such as "Collage of 35 covers by ana, 2026-10-03 to 2026-10-31"; days are in UTC."""
    covers = f"{len(placed)} cover{'' if len(placed) == 1 else 's'}"
    text = f"Collage of {covers} by {plain_text(creator)}"
    days = sorted(row.day.isoformat() for row in placed if row.day)
    if not days:
        return text
    first, last = days[0], days[-1]
    return f"{text}, {first}" if first == last else f"{text}, {first} to {last}"


def _interval(window: Window) -> str:
    return f"{window.start.strftime(_ISO)}/{window.end.strftime(_ISO)}"
