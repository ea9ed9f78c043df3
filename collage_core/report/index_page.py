"""The page about a run: its books, what to do about its reasons, and a gallery of its creators.

It is one file without anything from elsewhere, so that it opens from a disk. Pictures and documents
are linked at their keys, relative to the page.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict

from collage_core.contract.receipt import CreatorResult
from collage_core.contract.summary import RunSummary
from collage_core.report.advice import advice
from collage_core.report.creator_entries import creator_entries
from collage_core.report.environment import as_bytes, environment, style
from collage_core.report.tile import Tile


def index_page(  # noqa: PLR0913 - in what the pages of the command and of the bucket differ
    summary: RunSummary,
    results: Iterable[CreatorResult],
    *,
    about: str = "",
    note: str = "",
    root: str = "",
    by_creator_copies: bool = True,
    tiles: Sequence[Tile] = (),
) -> bytes:
    """The page as HTML in UTF-8.

    Args:
        summary: the run's books.
        results: the run's creators, in the order in which the page shows them.
        about: what the collages are of, such as October 2026; the run's second if it is empty.
        note: a sentence below the title, as text.
        root: the way from the page to the root of the output bucket, such as `../../`; empty if
            the page is there.
        by_creator_copies: whether the collages have copies under `collages/by-creator/`.
        tiles: thumbnails of some of the creators.
    """
    entries = creator_entries(results, summary.run_timestamp, by_creator_copies=by_creator_copies)
    html = (
        environment()
        .get_template("index.html")
        .render(
            summary=summary,
            about=about,
            note=note,
            style=style(),
            figures=summary.figures,
            tiles=tiles,
            data={
                **asdict(entries),
                "root": root,
                "advice": [advice(reason) for reason in entries.reasons],
            },
        )
    )
    return as_bytes(html)
