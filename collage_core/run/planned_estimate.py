"""The estimate that `plan` made of a run, kept for whoever compares it with what was counted."""

import logging

from collage_core.contract.run_estimate import RunEstimate
from collage_core.errors import MessageError
from collage_core.layout import keys
from collage_core.run.estimate import Estimate
from collage_core.run.run import Run
from collage_core.storage.documents import JSON, read_document, to_document
from collage_core.storage.object_store import ObjectStore

log = logging.getLogger(__name__)


def write_estimate[Store: ObjectStore](
    run: Run[Store], expected: Estimate, *, keeping_dollars: float
) -> None:
    """Keep the estimate in the folder of the run; a run that is planned again replaces it.

    That of a run of which all is done stays: it was made without knowing how the run went.
    """
    run_id = run.manifest.run_id
    if not run.unfinished() and read_estimate(run) is not None:
        return
    document = RunEstimate(
        run_id=run_id,
        usd=round(expected.dollars, 6),
        keeping_usd=round(keeping_dollars, 6),
        function_seconds=round(expected.lambda_seconds, 3),
        seconds=round(expected.wall_seconds, 3),
        covers=expected.covers,
        seconds_per_cover=round(expected.seconds_per_cover, 6),
        failed_share=round(min(expected.rates.failed_share, 1), 4),
        rates=expected.rates.source,
    )
    run.store.put(
        run.settings.temp_bucket, keys.estimate(run_id), to_document(document), content_type=JSON
    )


def read_estimate[Store: ObjectStore](run: Run[Store]) -> RunEstimate | None:
    """What `plan` said; None for a run of no DAG, and of an older release.

    None, with a warning, for a document that cannot be read: no run fails for that.
    """
    key = keys.estimate(run.manifest.run_id)
    try:
        return read_document(run.store, run.settings.temp_bucket, key, RunEstimate)
    except MessageError as error:
        log.warning("The planned cost is estimated again: %s", error)
        return None
