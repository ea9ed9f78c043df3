"""Whether a run that only keeps covers would keep any."""

from collections.abc import Iterator

from collage_airflow.dag_run.identity import RunIdentity
from collage_airflow.preflight.problem import Problem
from collage_core.settings import Settings


def keeping_problems(settings: Settings, run: RunIdentity) -> Iterator[Problem]:
    """A problem for a run whose settings say that no cover is kept."""
    if run.keep_only and not settings.keep_covers_days:
        yield Problem(
            "KEEP_COVERS_DAYS is 0, so this run would fetch covers and keep none: set it to the "
            "days that covers are to be kept, such as 40, or pause this DAG",
            may_pass=False,
        )
