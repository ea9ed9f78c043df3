"""The application as the plugin registers it: every task's process loads plugins, so it is empty.

The first request imports FastAPI, Airflow's API and the pages.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

type Scope = MutableMapping[str, Any]
type Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
type Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class LazyApp:
    """An ASGI application that is imported when it is first asked."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        from collage_airflow.run_page.application import application

        await application()(scope, receive, send)
