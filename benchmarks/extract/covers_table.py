"""Fills the table of covers, on the server itself: the same rows on every machine."""

from datetime import datetime

import MySQLdb  # type: ignore[import-untyped]

START = datetime(2026, 10, 1)  # noqa: DTZ001  like the column: UTC without a time zone
END = datetime(2026, 11, 1)  # noqa: DTZ001
URL_LENGTH = 265
"""Characters of a signed cover URL in production."""

_ORIGIN = "https://p16-sign-va.tiktokcdn.com/tos-maliva-p-0068/"
_QUERY = (
    "~tplv-photomode-image.jpeg?dr=14575&refresh_token=5f0a2c41&x-expires=1798761600&x-signature="
)
_DIGEST_LENGTH = 32
_SIGNATURE_LENGTH = URL_LENGTH - len(_ORIGIN) - _DIGEST_LENGTH - len(_QUERY) - len("%3D")

# The digest of a row's number is the only source of chance. It gives two independent fractions
# and the URL. The square makes creators uneven, from a handful of covers to thousands. One name
# in a thousand has characters that a CSV must quote.
_FILL = """
INSERT INTO covers (creator_name, cover_url, updated_at)
SELECT
    CONCAT(
        ELT(1 + creator MOD 8, 'user', 'Ana.', 'dance_', 'the', 'café_', '小', 'official.', '_'),
        creator,
        IF(creator MOD 1000 = 7, ', "the one" 🎬', '')
    ),
    CONCAT(
        %(origin)s, digest, %(query)s, LEFT(SHA2(digest, 512), %(signature_length)s), '%%3D'
    ),
    %(start)s + INTERVAL FLOOR(moment * %(seconds)s) SECOND
FROM (
    SELECT
        digest,
        FLOOR(%(creators)s * POW(CONV(LEFT(digest, 8), 16, 10) / POW(2, 32), 2)) AS creator,
        CONV(RIGHT(digest, 8), 16, 10) / POW(2, 32) AS moment
    FROM (SELECT MD5(seq) AS digest FROM seq_1_to_{rows}) AS numbers
) AS drawn
"""


def usual_creators(rows: int) -> int:
    """The usual number of creators of `rows` covers: 60,000 for 2 million."""
    return max(rows * 3 // 100, 1)


def fill(connection: MySQLdb.Connection, *, rows: int, creators: int) -> None:
    """Replace the content of the table by `rows` covers of October 2026.

    Takes some 12 seconds per million rows. Ids follow neither names nor times.
    """
    cursor = connection.cursor()
    cursor.execute("TRUNCATE covers")
    cursor.execute(
        _FILL.format(rows=int(rows)),
        {
            "origin": _ORIGIN,
            "query": _QUERY,
            "signature_length": _SIGNATURE_LENGTH,
            "start": START,
            "seconds": (END - START).total_seconds(),
            "creators": creators,
        },
    )
    connection.commit()
    # Give the optimizer statistics like those of a long-lived table.
    cursor.execute("ANALYZE TABLE covers")
    cursor.fetchall()


def count(connection: MySQLdb.Connection) -> tuple[int, int]:
    """The number of rows and the number of creators."""
    cursor = connection.cursor()
    cursor.execute("SELECT COUNT(*), COUNT(DISTINCT CAST(creator_name AS BINARY)) FROM covers")
    rows, creators = cursor.fetchone()
    connection.commit()  # an open snapshot would keep old rows alive
    return rows, creators
