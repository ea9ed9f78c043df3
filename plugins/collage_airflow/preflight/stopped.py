"""Whether Airflow's Variable stops the run before it begins."""

from collections.abc import Iterator

from collage_airflow.preflight.problem import Problem
from collage_airflow.stop_variable import BY_VARIABLE, read_stop_variable


def stop_problems(*names: str) -> Iterator[Problem]:
    """A problem for the run with these names, if the Variable stops it."""
    if (name := read_stop_variable().name_for(names)) is not None:
        yield Problem(
            f"{BY_VARIABLE}{name}, which stops this run: remove {name} from it, then clear check",
            may_pass=False,
        )
