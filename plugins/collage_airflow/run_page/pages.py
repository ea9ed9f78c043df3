"""Templates to answers."""

from functools import cache
from typing import Any
from urllib.parse import parse_qs, quote

from fastapi import HTTPException, Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment

from collage_airflow.run_links import PREFIX
from collage_airflow.run_page.static_files import version
from collage_core.report.environment import as_bytes, environment

_HEADERS = {
    "Cache-Control": "private, no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",  # URLs of the pages name creators
}


def page(
    request: Request,
    template: str,
    *,
    status: int = 200,
    pictures_from: str = "",
    **values: Any,
) -> HTMLResponse:
    """A page, or a part of one.

    A template finds `prefix`, where the pages are, and `root`, where Airflow is, both behind any
    proxy and without a slash at their ends; `static(name)`, the URL of a file of style or script;
    and the filter `quoted`.

    Args:
        request: what is answered.
        template: its name in `templates/`.
        status: of HTTP.
        pictures_from: the origins that pictures are redirected to.
        values: what the template shows.
    """
    root = root_of(request)
    prefix = f"{root}{PREFIX}"
    html = (
        _environment()
        .get_template(template)
        .render(
            prefix=prefix,
            root=root,
            static=lambda name: f"{prefix}/static/{name}?v={version(name)}",
            **values,
        )
    )
    return HTMLResponse(
        as_bytes(html),
        status_code=status,
        headers={**_HEADERS, "Content-Security-Policy": _policy(pictures_from)},
    )


def part(request: Request, name: str, **values: Any) -> HTMLResponse:
    """A part of a page for htmx, and for anybody else a page of its own with that part."""
    return page(request, f"_{name}.html" if is_part(request) else f"{name}.html", **values)


def root_of(request: Request) -> str:
    """Where Airflow is: the path before its own, without a slash at its end."""
    root: str = request.scope.get("root_path", "")
    return root.removesuffix(PREFIX).removesuffix("/")


def is_part(request: Request) -> bool:
    """Whether htmx asks for a part of a page, and not a browser for all of it."""
    return "hx-request" in request.headers


def quoted(text: str) -> str:
    """A text as one part of a path in a URL, or as one value in its query.

    Half a surrogate pair is written as bytes that UTF-8 does not have, and `query_text` reads them.
    """
    return quote(text, safe="", errors="surrogatepass")


def query_text(request: Request, name: str) -> str:
    """A text in the query of a URL, as `quoted` has written it; empty if it is not there.

    Raises HTTPException, status 400, for a query with bytes that no text has.
    """
    query = request.scope["query_string"].decode("latin-1")
    try:
        found = parse_qs(query, errors="surrogatepass")
    except UnicodeDecodeError as error:
        raise HTTPException(400, "What is behind ? in the address is not in UTF-8") from error
    return found.get(name, [""])[0]


def _policy(pictures_from: str) -> str:
    return "; ".join(
        [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "style-src-attr 'unsafe-inline'",  # the lengths of bars
            f"img-src 'self' data: {pictures_from}".rstrip(),
            "connect-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'self'",
        ]
    )


@cache
def _environment() -> Environment:
    shared = environment("collage_airflow.run_page").overlay()
    shared.filters = {**shared.filters, "quoted": quoted}
    return shared
