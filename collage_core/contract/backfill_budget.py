"""What the runs of an approved backfill have taken of its price."""

from collections.abc import Mapping

from collage_core.contract.document import Document
from collage_core.contract.figures import Dollars
from collage_core.contract.identifiers import Identifier


class BackfillBudget(Document, frozen=True, kw_only=True):
    """The prices of the runs that were not asked, because their backfill was approved."""

    run_id: Identifier
    """The dry run in which the backfill was approved."""
    taken_usd: Mapping[Identifier, Dollars]
    """What each run was estimated to cost when it was sent, by its run_id."""
