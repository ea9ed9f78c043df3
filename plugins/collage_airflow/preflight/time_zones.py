"""Whether the server knows the time zones in the SQL; if not, CONVERT_TZ gives NULL."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from collage_airflow.preflight.problem import Problem

if TYPE_CHECKING:
    from MySQLdb.connections import Connection  # type: ignore[import-untyped]

_CONVERT_TZ = re.compile(r"(?i)\bCONVERT_TZ\s*\(")
_ARGUMENT_OR_END = re.compile(r"'(?:[^'\\]|\\.|'')*'|[(),]")
_ZONE = re.compile(r"\s*'([A-Za-z][^']*)'\s*")


def zone_problems(connection: "Connection", sql: str) -> Iterator[Problem]:
    """A problem for each time zone in the SQL that the server does not know."""
    cursor = connection.cursor()
    for zone in sorted(_zones_in(sql)):
        cursor.execute("SELECT CONVERT_TZ('2026-01-01 00:00:00', '+00:00', %s)", (zone,))
        if cursor.fetchone()[0] is None:
            yield Problem(
                f"CONVERT_TZ of the SQL gives NULL for the zone {zone!r}: load the server's time "
                "zone tables (mysql_tzinfo_to_sql), or write an offset such as '+01:00'",
                may_pass=False,
            )


def _zones_in(sql: str) -> set[str]:
    """The time zones that are named in calls of CONVERT_TZ; not offsets, columns and the like."""
    zones = set()
    for call in _CONVERT_TZ.finditer(sql):
        depth, begin = 1, call.end()
        for found in _ARGUMENT_OR_END.finditer(sql, call.end()):
            depth += {"(": 1, ")": -1}.get(found[0], 0)
            if depth == 0 or (depth == 1 and found[0] == ","):
                if zone := _ZONE.fullmatch(sql, begin, found.start()):
                    zones.add(zone[1])
                begin = found.end()
            if depth == 0:
                break
    return zones
