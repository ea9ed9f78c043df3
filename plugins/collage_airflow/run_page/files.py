"""Links to the objects of a run. Their keys are computed or recorded, never taken from a query."""

from enum import StrEnum
from posixpath import basename

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import RedirectResponse

from collage_airflow.run_page.access import User, may_read_all, may_read_run
from collage_airflow.run_page.deployment import Deployment, Here
from collage_airflow.run_page.pages import query_text
from collage_airflow.run_page.run_path import InPath, RunPath
from collage_core.contract.collage_metadata import CollageMetadata
from collage_core.layout import keys
from collage_core.run.refresh_list import RUN
from collage_core.storage.documents import read_document
from collage_core.views.documents import Documents
from collage_core.views.run_documents import RunDocuments

router = APIRouter(dependencies=[Depends(may_read_run)])


class Kind(StrEnum):
    """What may be asked for."""

    COLLAGE = "collage"
    THUMBNAIL = "thumbnail"
    METADATA = "metadata"
    RESULTS = "results"
    SUMMARY = "summary"
    REFRESH_LIST = "refresh_list"


@router.get("/runs/{timestamp}/{run_id}/file")
def file(
    request: Request, user: User, here: Here, path: InPath, kind: Kind, save: bool = False
) -> RedirectResponse:
    """A link that lives for a minute.

    Thumbnails are asked for by the dozen, so nobody looks first whether one exists.
    """
    bucket = here.settings.output_bucket
    if kind is Kind.SUMMARY:
        bucket, key = _place_of_summary(here, path)
    else:
        _require_its_second(here, path)
        if kind in {Kind.COLLAGE, Kind.THUMBNAIL, Kind.METADATA}:
            key = _key_of_creator(here, path, kind, query_text(request, "creator"))
        else:
            key = _key_of_run(request, user, here, path, kind)
    link = here.links.link(bucket, key, save_as=basename(key) if save else None)
    return RedirectResponse(link, 307, headers={"Cache-Control": "private, no-store"})


def _require_its_second(here: Deployment, path: RunPath) -> None:
    """Refuses a run that has not this second: the objects of the second are of another run.

    Whoever may read the runs of one DAG could name one of them with the second of any run.
    """
    if path in here.own_seconds:
        return
    run = RunDocuments(here.settings, path.run_id, path.timestamp, Documents(here.store))
    if not run.has_its_second() and run.recorded_manifest() is None:
        raise HTTPException(404, f"Run {path.run_id} is not of {path.timestamp}.")
    here.own_seconds.add(path)


def _key_of_creator(here: Deployment, path: RunPath, kind: Kind, creator: str) -> str:
    if not creator:
        raise HTTPException(422, "creator: it is missing")
    if kind is Kind.THUMBNAIL:
        return keys.thumbnail(creator, path.timestamp)
    key = keys.metadata(creator, path.timestamp)
    if kind is Kind.METADATA:
        return key
    found = read_document(here.store, here.settings.output_bucket, key, CollageMetadata)
    if found is None or found.run_id != path.run_id or found.result.collage_key is None:
        raise HTTPException(404, "There is no collage of this creator in this run.")
    return found.result.collage_key


def _place_of_summary(here: Deployment, path: RunPath) -> tuple[str, str]:
    """Its bucket and key. A summary names its run, so no other one is found."""
    run = RunDocuments(here.settings, path.run_id, path.timestamp, Documents(here.store))
    found = run.summary() or run.summary_of_keeping()
    if found is None:
        raise HTTPException(404, "This run has no summary, or is not closed.")
    return found.bucket, found.key


def _key_of_run(request: Request, user: User, here: Deployment, path: RunPath, kind: Kind) -> str:
    bucket = here.settings.output_bucket
    if kind is Kind.RESULTS:
        may_read_all(request, user)  # they are of all runs of the day
        key = keys.batch_results(path.timestamp)
        if here.store.head(bucket, key) is not None:
            return key
    else:
        for key in (keys.refresh_list(path.timestamp, run_id) for run_id in (None, path.run_id)):
            head = here.store.head(bucket, key)
            if head is not None and head.metadata.get(RUN) == path.run_id:
                return key
    raise HTTPException(404, f"This run has no {kind.replace('_', ' ')}.")
