"""The run in the path of a request: by its own names, or by those of Airflow."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, HTTPException

from collage_airflow.run_page.asked import FIRST_YEAR, LAST_YEAR
from collage_airflow.run_page.pages import quoted
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.errors import MessageError
from collage_core.views.documents import check_run_id


@dataclass(frozen=True, slots=True)
class RunPath:
    """The names of a run, and the address of its pages."""

    timestamp: RunTimestamp
    run_id: str

    @property
    def url(self) -> str:
        """Below the prefix of all pages."""
        return f"/runs/{self.timestamp}/{quoted(self.run_id)}"


def _run_path(timestamp: str, run_id: str) -> RunPath:
    try:
        check_run_id(run_id)
        path = RunPath(RunTimestamp.parse(timestamp), run_id)
    except MessageError as error:
        raise HTTPException(404, str(error)) from error
    if not FIRST_YEAR <= path.timestamp.moment.year <= LAST_YEAR:
        raise HTTPException(404, f"No run is of {timestamp}.")
    return path


InPath = Annotated[RunPath, Depends(_run_path)]
"""The run of `{timestamp}/{run_id}`; 404 for what cannot be one."""
