"""The metadata of one collage: which cover is in which cell, and why others are not placed.

A URL is written without its query: the query is a signature, and readers of the metadata may not
be allowed to fetch the cover.
"""

from collections.abc import Iterable, Sequence

from collage_core.contract.cell_size import CellSize
from collage_core.contract.collage_metadata import (
    Canvas,
    Cell,
    CollageMetadata,
    Grid,
    NotPlaced,
    ShownCover,
)
from collage_core.contract.message import ChunkMessage
from collage_core.contract.receipt import CreatorResult
from collage_core.covers.public_url import without_query
from collage_core.covers.rows import CoverRow
from collage_core.recipes.collage.geometry import Layout, layout
from collage_core.worker.chunk import trigger_of


def creator_metadata(
    message: ChunkMessage,
    result: CreatorResult,
    *,
    cell_size: CellSize,
    placed: Sequence[CoverRow],
    others: Iterable[tuple[CoverRow, str]],
) -> CollageMetadata:
    """One creator's document. `placed` is in the order of the cells.

    `others` are all other usable rows, each with "duplicate", "not_selected" or the reason why it
    failed. Rejected rows are in `result.reasons` only.
    """
    config = message.config
    places = (
        layout(len(placed), rows=config.rows, cols=config.cols, cell_size=cell_size, options=config)
        if placed
        else None
    )
    return CollageMetadata(
        run_id=message.run_id,
        run_timestamp=message.run_timestamp,
        trigger=trigger_of(message),
        result=result,
        grid=Grid(
            rows=config.rows,
            cols=config.cols,
            cell_width=cell_size.width,
            cell_height=cell_size.height,
            canvas=_canvas(places, config.gutter) if places else None,
        ),
        cells=[
            Cell(row=index // config.cols, col=index % config.cols, cover=_cover(row))
            for index, row in enumerate(placed)
        ],
        not_placed=[NotPlaced(cover=_cover(row), reason=reason) for row, reason in others],
        window=message.window,
        chunk_id=message.chunk_id,
    )


def _canvas(places: Layout, gutter: int) -> Canvas:
    first = places.cells[0]
    return Canvas(
        width=places.width,
        height=places.height,
        rows=places.rows,
        cols=places.cols,
        left=first.left,
        top=first.top,
        gutter=gutter,
    )


def _cover(row: CoverRow) -> ShownCover:
    return ShownCover(
        url=without_query(row.url),
        updated_at=row.updated_at.isoformat() if row.updated_at else None,
    )
