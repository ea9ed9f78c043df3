"""The creators of a month, compared with those of the month before."""

from collections.abc import Sequence

from msgspec import Struct

from collage_core.contract.document import Document
from collage_core.contract.fields import Count, Text
from collage_core.contract.statistics import Month


class NamedCreators(Struct, frozen=True):
    """Creators: how many, and the first of them."""

    total: Count
    """How many there are."""
    first: Sequence[Text]
    """The names of the first 100, sorted by their bytes."""


class CreatorChanges(Struct, frozen=True, kw_only=True):
    """What changed for creators from one month to the next.

    A creator counts with the best outcome of the month's runs.
    """

    before: Month
    """The month before, as YYYYMM."""
    new: NamedCreators
    """Creators of this month that the month before does not have."""
    gone: NamedCreators
    """Creators of the month before that this month does not have."""
    worse: NamedCreators
    """Creators whose outcome was better in the month before."""
    better: NamedCreators
    """Creators whose outcome was worse in the month before."""
    same: Count
    """Creators with the same outcome in both months."""


class CreatorsReport(Document, frozen=True, kw_only=True):
    """The creators of all runs of a month, compared with the month before."""

    month: Month
    """The month of the runs as YYYYMM."""
    changes: CreatorChanges | None
    """None if a comparison is not possible: one of the two months has no results."""
