"""Templates to answers."""

from functools import cache
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from collage_airflow.run_page import PREFIX


@cache
def _environment() -> Environment:
    return Environment(
        loader=ChoiceLoader(
            [PackageLoader("collage_airflow.run_page"), PackageLoader("collage_core.report")]
        ),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def page(request: Request, template: str, **values: Any) -> HTMLResponse:
    """A page, or a part of one. `prefix` is where the pages are, behind any proxy."""
    root = request.scope.get("root_path", "").removesuffix(PREFIX)
    html = (
        _environment().get_template(template).render(prefix=f"{root}{PREFIX}", root=root, **values)
    )
    # A name out of JSON may have half of a surrogate pair, which UTF-8 cannot write.
    return HTMLResponse(html.encode(errors="replace"))
