"""Who is in a window, without reading its covers: creators with their rows, and some URLs."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from collage_airflow.database.query import streaming_cursor
from collage_core.contract.window import Window
from collage_core.covers.creator_choice import Chooser, CreatorChoice
from collage_core.database.query import executed
from collage_core.export.cover_json import cover_url

if TYPE_CHECKING:
    from MySQLdb.connections import Connection  # type: ignore[import-untyped]

_NAME = "CAST(CONVERT(creator_name USING utf8mb4) AS BINARY)"
"""A name by its bytes, as in the order of the covers: a collation would merge names."""

_COUNTS = (
    f"SELECT COALESCE({_NAME}, '') AS creator, COUNT(*) FROM ({{}}) AS covers "  # noqa: S608 - names of ours
    "GROUP BY creator ORDER BY creator"
)
_URLS = "SELECT cover_url FROM ({}) AS covers WHERE MOD(CRC32(cover_url), %(one_in)s) = 0"
_OF_CREATORS = f" AND {_NAME} IN %(creators)s"
_AT_MOST = " LIMIT %(most)s"

SAMPLED_URLS = 1000
"""About so many URLs of a window are looked at: a share of 50 % is then known within 3 %."""

_MOST_URLS = 5 * SAMPLED_URLS
"""Equal URLs have equal checksums: a URL that is in every row is sampled from every row."""


def creator_counts(
    connection: "Connection", sql: str, window: Window, choice: CreatorChoice | None = None
) -> Iterator[tuple[bytes, int]]:
    """Each creator of the window that is chosen, in the order of their bytes, with its rows.

    Without a choice, rows without a name are counted too, under a blank one. There may be millions
    of creators: they come as the server sends them, and the connection is busy until the last one.
    """
    chooser = None if choice is None else Chooser(choice)
    cursor = streaming_cursor(connection)
    for name, rows in executed(connection, _COUNTS, sql, window, cursor=cursor):
        if chooser is None or chooser.takes(name):
            yield name, int(rows)


def sample_of_urls(
    connection: "Connection",
    sql: str,
    window: Window,
    *,
    rows: int,
    creators: Sequence[bytes] | None = None,
) -> list[str]:
    """About SAMPLED_URLS of the window's URLs, the same each time, chosen by their checksums.

    Of `creators` alone, who have so many `rows`; None: of everybody.
    """
    if not rows:
        return []
    question = _URLS + (_OF_CREATORS if creators else "") + _AT_MOST
    more: dict[str, object] = {"creators": tuple(creators)} if creators else {}
    one_in = max(1, rows // SAMPLED_URLS)
    cursor = executed(connection, question, sql, window, one_in=one_in, most=_MOST_URLS, **more)
    return [cover_url(url.decode(errors="replace")) for (url,) in cursor]
