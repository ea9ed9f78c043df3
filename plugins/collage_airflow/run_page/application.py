"""The FastAPI application, and what all of its answers have in common."""

from functools import cache

from airflow.api_fastapi.core_api.security import get_user
from fastapi import Depends, FastAPI

from collage_airflow.run_page import (
    creators,
    files,
    panel,
    refusals,
    run,
    runs,
    starts,
    static_files,
    statistics,
    uploads,
)

_ROUTERS = (
    runs.router,
    run.router,
    files.router,
    starts.router,
    panel.router,
    creators.router,
    statistics.router,
    uploads.router,
    static_files.router,
)


@cache
def application() -> FastAPI:
    """All pages. Nobody who is not logged in is answered by any of them."""
    app = FastAPI(
        title="Cover collages",
        dependencies=[Depends(get_user)],
        docs_url=None,  # these three would answer anybody
        redoc_url=None,
        openapi_url=None,
        exception_handlers=refusals.HANDLERS,
    )
    for router in _ROUTERS:
        app.include_router(router)
    return app
