"""What a request is answered that cannot be served: one page that says what, and what to do.

Browsers get a page, programs JSON. Neither gets a stack trace: Airflow's log has it.
"""

import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from botocore.exceptions import BotoCoreError
from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from collage_airflow.run_page.pages import is_part, page, root_of
from collage_airflow.settings import AWS_CONNECTION
from collage_core.errors import CollageError, TransientError

_LOG = logging.getLogger(__name__)

_TITLES = {
    400: "That cannot be asked",
    401: "Please log in",
    403: "You may not see this",
    404: "There is no such page",
    405: "That cannot be asked",
    422: "That cannot be asked",
    500: "This page cannot be made",
    502: "S3 did not answer as expected",
}


def _of_http(request: Request, error: HTTPException) -> Response:
    texts = {
        401: "These pages are for people who are logged in to Airflow.",
        403: f"{_which_runs(error)} An administrator of Airflow can give you the right to; or log "
        "in as somebody who has it.",
        405: "These pages are only read, with GET.",
    }
    answer = _answer(request, error.status_code, texts.get(error.status_code, str(error.detail)))
    answer.headers.update(error.headers or {})
    return answer


def _which_runs(error: HTTPException) -> str:
    """What a user may not see: `access` says it; Airflow itself says no more than Forbidden."""
    if error.detail == "Forbidden":
        return "Airflow does not let you see this."
    return str(error.detail)


def _of_query(request: Request, error: RequestValidationError) -> Response:
    told = [f"{'.'.join(map(str, one['loc'][1:]))}: {one['msg']}" for one in error.errors()]
    return _answer(request, 422, "; ".join(told))


def _of_collage(request: Request, error: CollageError) -> Response:
    """The message of our own errors names the thing, the value and the fix, and no secret."""
    _LOG.warning("%s: %s", request.url.path, error)
    return _answer(request, 502 if isinstance(error, TransientError) else 500, str(error))


def _of_aws(request: Request, error: BotoCoreError) -> Response:
    """No credentials, or no answer at all."""
    _LOG.warning("%s: %s", request.url.path, error)
    told = f"{error}. Check the endpoint, region and credentials of connection {AWS_CONNECTION}."
    return _answer(request, 502, told)


def _of_mistake(request: Request, _error: Exception) -> Response:
    """A mistake of ours. It is raised again after this answer, so that Airflow logs it."""
    return _answer(request, 500, "Something is wrong with it: the web server's log says what.")


HANDLERS: dict[int | type[Exception], Callable[..., Any]] = {
    HTTPException: _of_http,
    RequestValidationError: _of_query,
    CollageError: _of_collage,
    BotoCoreError: _of_aws,
    Exception: _of_mistake,
}


def _answer(request: Request, status: int, text: str) -> Response:
    if "text/html" not in request.headers.get("accept", "") and not is_part(request):
        headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
        return JSONResponse({"detail": text}, status, headers=headers)
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    said = {"title": _TITLES.get(status, _TITLES[500]), "text": text}
    if is_part(request):
        # It is shown inside of a page. Whoever watches a run goes on when S3 answers again.
        again = here if status == 502 else ""
        return page(request, "_refusal.html", status=status, **said, login="", again=again)
    login = f"{root_of(request)}/api/v2/auth/login?next={quote(here, safe='')}"
    return page(
        request,
        "login.html" if status == 401 else "refusal.html",
        status=status,
        **said,
        login=login if status in {401, 403} else "",
    )
