"""Counts the runs of an approved backfill against its price.

Runs of a backfill may be planned at the same time, so the document is changed on conditions: no two
runs take the same dollars.
"""

from collections.abc import Mapping

from collage_core.contract.backfill_budget import BackfillBudget
from collage_core.contract.reading import read
from collage_core.layout import keys
from collage_core.settings import Settings
from collage_core.storage.documents import JSON, to_document
from collage_core.storage.object_store import ObjectStore
from collage_core.storage.shared_objects import update_objects


def take(
    store: ObjectStore,
    settings: Settings,
    approval: str,
    *,
    run_id: str,
    dollars: float,
    limit: float,
) -> float | None:
    """Take the price of a run from what is left of `limit`; what is left then, in US dollars.

    `approval` is the run_id of the dry run that was approved. A run that is planned again takes its
    newest price, not both. None, and nothing is taken, if it is more than what is left.

    Raises MessageError for a document that cannot be read, and RaceError when other runs are faster
    all the time.
    """
    key = keys.backfill_budget(approval)
    left: float | None = None

    def compose(present: Mapping[str, bytes | None]) -> dict[str, bytes]:
        nonlocal left
        body = present[key]
        others = {} if body is None else dict(read(body, BackfillBudget).taken_usd)
        others.pop(run_id, None)
        rest = limit - sum(others.values()) - dollars
        left = rest if rest >= 0 else None
        if left is None:
            return {}
        budget = BackfillBudget(run_id=approval, taken_usd={**others, run_id: round(dollars, 6)})
        return {key: to_document(budget)}

    update_objects(store, settings.temp_bucket, [key], compose, content_type=JSON)
    return left
