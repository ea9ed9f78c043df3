"""Which creators of its window or CSV a run is limited to."""

from collections.abc import Sequence

from msgspec import Struct

from collage_core.contract.document import always
from collage_core.contract.fields import Count, Positive, Text


class Selection(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a run was limited to. The rows of other creators are not part of its books."""

    creators: Sequence[Text] = always(())
    """The creators that were asked for; empty: any."""
    limit: Positive | None = None
    """The most creators: the first by the bytes of their names. Left out: no limit."""
    rows_left_out: Count = always(0)
    """Rows of the window or the CSV that belong to other creators, or to none."""
    forgotten: Count = 0
    """Creators of a fill that are left out, because they were forgotten after the run that is
    filled. Their rows are among those left out. Left out: none."""
