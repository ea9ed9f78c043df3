"""The page about a run: its books, what to do about its reasons, and a gallery of its creators.

It is one file without anything from elsewhere, so that it opens from a disk. Pictures and documents
are linked at their keys, relative to the page.
"""

from collections.abc import Iterable
from dataclasses import asdict
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from collage_core.contract.document import to_json
from collage_core.contract.receipt import CreatorResult
from collage_core.contract.summary import RunSummary
from collage_core.report.advice import advice
from collage_core.report.creator_entries import creator_entries

ROWS_SHOWN = {
    "total": "rows of the CSV",
    "placed": "on a collage",
    "duplicate": "a newer row has the same cover",
    "not_selected": "newer covers fill the collage",
    "rejected": "the row cannot be used",
    "failed": "the cover could not be fetched or decoded",
}
"""What became of the rows, in the words of a person."""


def index_page(
    summary: RunSummary,
    results: Iterable[CreatorResult],
    *,
    note: str = "",
    root: str = "",
    by_creator_copies: bool = True,
) -> bytes:
    """The page as HTML in UTF-8.

    Args:
        summary: the run's books.
        results: the run's creators, in the order in which the page shows them.
        note: a sentence below the title, as text.
        root: the way from the page to the root of the output bucket, such as `../../`; empty if
            the page is there.
        by_creator_copies: whether the collages have copies under `collages/by-creator/`.
    """
    entries = creator_entries(results, summary.run_timestamp, by_creator_copies=by_creator_copies)
    html = (
        _environment()
        .get_template("index.html")
        .render(
            summary=to_json(summary),
            made=f"{summary.run_timestamp.moment:%Y-%m-%d %H:%M:%S} UTC",
            note=note,
            rows_shown=ROWS_SHOWN,
            advice={reason: advice(reason) for reason in summary.books.reasons},
            data={
                **asdict(entries),
                "root": root,
                "advice": [advice(reason) for reason in entries.reasons],
            },
        )
    )
    # A name out of JSON may have half of a surrogate pair, which UTF-8 cannot write.
    return html.encode(errors="replace")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("collage_core.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.policies["json.dumps_kwargs"] = {
        "ensure_ascii": False,
        "separators": (",", ":"),
    }
    return environment
