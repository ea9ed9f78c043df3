"""The templates as all pages about runs share them, and the one style sheet of these pages."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from collage_core.contract.distribution import Distribution, Spread
from collage_core.contract.figures import MOST_HOSTS
from collage_core.report.advice import advice
from collage_core.report.number_formats import FORMATS
from collage_core.report.plot import plot
from collage_core.report.row_parts import row_parts

_HERE = "collage_core.report"
_FOLDER = Path(__file__).parent
_VENDORED = _FOLDER / "vendored"


@cache
def environment(*packages: str) -> Environment:
    """The templates of these packages, the first one's first, and then those of this one.

    Values are escaped, and a name that a template does not have is an error. Templates find the
    formats of `number_formats` as filters, and what prepares values for them as functions.
    """
    made = Environment(
        loader=ChoiceLoader([PackageLoader(package) for package in (*packages, _HERE)]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(FORMATS)
    made.globals.update(
        advice=advice,
        row_parts=row_parts,
        most_first=most_first,
        most_hosts=MOST_HOSTS,
        plot=plot,
        spread=spread,
    )
    made.policies["json.dumps_kwargs"] = {"ensure_ascii": False, "separators": (",", ":")}
    return made


@cache
def style() -> str:
    """One style sheet for all pages: that of the charts with its licence, and then our own."""
    licence = (_VENDORED / "LICENSE.charts.css").read_text()
    charts = (_VENDORED / "charts.min.css").read_text()
    own = (_FOLDER / "templates" / "style.css").read_text()
    return f"/* Charts.css\n{licence}*/\n{charts}\n{own}"


def as_bytes(html: str) -> bytes:
    """A page in UTF-8. A name out of JSON may have half of a surrogate pair: it becomes `?`."""
    return html.encode(errors="replace")


def most_first(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """Names with their counts, the largest first; equal ones by their names."""
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def spread(values: Distribution | Spread | None) -> Spread | None:
    """The percentiles of a run's or a period's values; None if there are none."""
    return values.spread if isinstance(values, Distribution) else values
