"""The verify task: fails the run if its books are not what is in the bucket."""

from itertools import islice
from typing import TYPE_CHECKING, Any, override

from airflow.sdk.exceptions import AirflowFailException

from collage_airflow.operators.run_operator import RunOperator
from collage_core.run.recorded_run import RecordedRun
from collage_core.run.verify import SAMPLE, verify

if TYPE_CHECKING:
    from airflow.sdk import Context

    from collage_core.run.verify_creator import Look

_MOST_NAMED = 5
"""Problems that the error names; the log has more of them."""

_MOST_LOGGED = 100


class VerifyOperator(RunOperator):
    """Compares manifest, receipts, summary and record of the run with a listing of its objects.

    Opens the collages of a sample, if Pillow is there. Raises AirflowFailException that names the
    first problems, each with its fix. Writes nothing.

    Args:
        sample: creators whose metadata is read and whose collage is opened.
    """

    def __init__(self, *, sample: int = SAMPLE, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.sample = sample

    @override
    def execute(self, context: "Context") -> str:
        run = self.open_run()
        timestamp = run.manifest.run_timestamp
        recorded = RecordedRun.open(self.store, run.settings, timestamp, self.run_id)
        look = _look()
        if look is None:
            self.log.warning(
                "Pillow is not installed here, so no collage was opened: add pillow to "
                "requirements.txt, or run `cover-collage verify %s` elsewhere",
                self.run_id,
            )
        report = verify(recorded, look=look, sample=self.sample)
        if report.unknown:
            self.log.warning(
                "%s creators were made by an older release, which recorded no objects: those are "
                "not compared",
                report.unknown,
            )
        found = report.everything
        if not found:
            self.log.info("✓ Verified %s", report.in_words)
            return report.in_words
        for problem in islice(found, _MOST_LOGGED):
            self.log.error("%s; fix: %s", problem.what, problem.fix)
        named = "; ".join(problem.what for problem in found[:_MOST_NAMED])
        more = f"; and {len(found) - _MOST_NAMED:,} more" if len(found) > _MOST_NAMED else ""
        fixes = "; ".join(dict.fromkeys(problem.fix for problem in found))
        raise AirflowFailException(f"{report.in_words}: {named}{more}. Fix: {fixes}")


def _look() -> "Look | None":
    """What opens pictures; None without Pillow. Loaded here alone: a DAG is parsed without it."""
    try:
        from collage_core.run.opened_collage import picture_problems
    except ImportError:
        return None
    return picture_problems
