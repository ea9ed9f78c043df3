"""How to fix each error of the database, by its number, and whether it may be transient.

Sources: "Server Error Message Reference" and "Client Error Message Reference" of MySQL's manual,
and "MariaDB Error Code Reference" of MariaDB's. Numbers from 1900 to 1999 and from 4000 on are only
MariaDB's. When the servers use one number for two errors, the fix covers both.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fix:
    """What a person can do about an error."""

    text: str
    may_pass: bool = False
    """Whether the error may be transient, so that a retry may succeed without a fix."""


ACCESS_DENIED = 1045

_SCHEMA = "set the right schema in the connection"
_TABLE = "name the right table in the SQL or in COVERS, or the right schema in the connection"
_COLUMNS = "the SQL must name columns that the table has: correct COVERS, or the SQL file"
_SQL = "correct the SQL, or `only` of COVERS"
_VALUE = "correct the value in the SQL, or in `only` of COVERS"
_PATTERN = "correct the pattern behind REGEXP in the SQL, or in `only` of COVERS"
_COLLATION = "write COLLATE utf8mb4_bin behind one side of the comparison in the SQL"
_VIEW = (
    "create the view again, with a definer who exists and may read what it reads, or SQL SECURITY "
    "INVOKER"
)
_PLUGIN = (
    "have the user log in by caching_sha2_password or mysql_native_password, which the driver knows"
)
_SET_ANOTHER = (
    "log in as its user with the mysql client and set a new password, then in the connection"
)
_UNLOCK = "ALTER USER … ACCOUNT UNLOCK for its user"
_ENCRYPT = (
    'set "ssl_mode": "VERIFY_IDENTITY" and "ssl": {"ca": "/path/ca.pem"} in its extra, or '
    '"ssl_mode": "REQUIRED"'
)
_REACH = (
    "see that the server runs and can be reached from here at the host and port of the connection"
)
_GONE = Fix("see in the server's log why it ended the connection", may_pass=True)
_BUSY = Fix("wait until others have ended what they do there", may_pass=True)
_DISK = Fix("free space on the server's disk, also for its tmpdir")
_REPAIR = Fix("have the table checked and repaired (CHECK TABLE, REPAIR TABLE)")
_TIME = Fix("take the hint or the limit of time out of the SQL and the user: the session sets none")

_UNKNOWN = Fix(
    "look the number up in the server's error reference, and see the server's log", may_pass=True
)

_FIXES = {
    # The way there
    2002: Fix(
        f"{_REACH}; with an empty host or localhost a socket of this machine is meant, and a port "
        "needs the host 127.0.0.1",
        may_pass=True,
    ),
    2003: Fix(_REACH, may_pass=True),
    2004: Fix(_REACH, may_pass=True),
    2005: Fix(
        "correct the host in the connection, or see that this machine can look it up",
        may_pass=True,
    ),
    2006: _GONE,
    2007: Fix("see that a MySQL or MariaDB server listens at the port of the connection"),
    2012: Fix("see that a MySQL or MariaDB server listens at the port", may_pass=True),
    2013: Fix(
        "see that the server runs, that it speaks MySQL at this port, and in its log why it ended "
        "the connection",
        may_pass=True,
    ),
    2019: Fix("take charset out of the extra"),
    2026: Fix(
        "correct ssl and ssl_mode in its extra, or the certificate of the server",
        may_pass=True,  # also what a server gives that restarts in the middle of a handshake
    ),
    2027: Fix("see that a MySQL or MariaDB server listens at the port of the connection"),
    2049: Fix(_PLUGIN),
    2054: Fix(_PLUGIN),
    2059: Fix(_PLUGIN),
    2061: Fix(_PLUGIN),
    # The door
    1040: Fix("wait until others have left, or raise max_connections of the server", may_pass=True),
    1043: Fix("see that a MySQL or MariaDB server listens at the port", may_pass=True),
    1044: Fix(f"grant its user SELECT on the database, or {_SCHEMA}"),
    ACCESS_DENIED: Fix("set the right login and password in the connection"),
    1129: Fix("run FLUSH HOSTS on the server, which has shut this machine out"),
    1130: Fix(
        "create its user for the address of this machine, 'user'@'%' for any, or correct the host"
    ),
    1184: Fix("correct init_connect of the server, which ends the session of its user"),
    1203: Fix(
        "wait until others of its user have left, or raise max_user_connections", may_pass=True
    ),
    1226: Fix(
        "wait, or raise the limit: ALTER USER … WITH the resource that the message names",
        may_pass=True,
    ),
    1251: Fix(_PLUGIN),
    1396: Fix(_UNLOCK),
    1524: Fix(_PLUGIN),
    1698: Fix("give its user a password: it may only log in by a socket of the server"),
    1820: Fix(_SET_ANOTHER),
    1862: Fix(_SET_ANOTHER),
    3032: Fix("wait until the server has left offline_mode", may_pass=True),
    3118: Fix(_UNLOCK),
    3159: Fix(_ENCRYPT),
    3955: Fix(f"{_UNLOCK}, once the password in the connection is right"),
    4151: Fix(_UNLOCK),
    # Rights
    1142: Fix("grant its user SELECT on the table"),
    1143: Fix("grant its user SELECT on the table, or on the column that the message names too"),
    1227: Fix("grant its user the right that the message names"),
    1290: Fix("let the SQL read only: the server forbids the rest by the option it names"),
    1345: Fix("grant its user SELECT on the tables of the view"),
    1356: Fix(_VIEW),
    1370: Fix(
        "grant its user EXECUTE on the function that the message names, or name one there is"
    ),
    1410: Fix("grant its user the right that the message names"),
    1449: Fix(_VIEW),
    1792: Fix("let the SQL only read: the session is read-only"),
    1836: Fix("let the SQL only read: the server is read-only"),
    # Names
    1046: Fix(_SCHEMA),
    1049: Fix(_SCHEMA),
    1051: Fix(_TABLE),
    1052: Fix("write the table in front of the column in the SQL"),
    1054: Fix(_COLUMNS),
    1060: Fix("give each column of the SQL a name of its own, with AS"),
    1066: Fix("give each table of the SQL a name of its own, with AS"),
    1103: Fix(_TABLE),
    1109: Fix(_TABLE),
    1146: Fix(_TABLE),
    1166: Fix(_COLUMNS),
    1305: Fix("name a function in the SQL that the server has"),
    1630: Fix("name a function in the SQL that the server has"),
    # The statement
    1055: Fix("name each column of the SQL in GROUP BY, or take it by MAX or ANY_VALUE"),
    1056: Fix(_SQL),
    1064: Fix(_SQL),
    1065: Fix(_SQL),
    1111: Fix(_SQL),
    1115: Fix("name a character set in the SQL that the server has"),
    1139: Fix(_PATTERN),
    1140: Fix("name each column of the SQL in GROUP BY"),
    1149: Fix(_SQL),
    1222: Fix("give both sides of UNION as many columns"),
    1235: Fix("write the SQL in a way that this version of the server knows"),
    1241: Fix(_SQL),
    1242: Fix("let the subquery of the SQL give one row, with LIMIT 1"),
    1248: Fix("give each subquery of the SQL a name, with AS"),
    1253: Fix(_COLLATION),
    1267: Fix(_COLLATION),
    1270: Fix(_COLLATION),
    1271: Fix(_COLLATION),
    1273: Fix("name a collation in the SQL that the server has"),
    1583: Fix(_SQL),
    1582: Fix(_SQL),
    # Values
    1292: Fix(_VALUE),
    1367: Fix(_VALUE),
    1411: Fix(_VALUE),
    1427: Fix(_VALUE),
    1525: Fix(_VALUE),
    1690: Fix(f"{_VALUE}: a number leaves its range"),
    3140: Fix(_VALUE),
    3141: Fix("let the SQL pass over texts that are no JSON, with JSON_VALID"),
    3143: Fix("correct the path of the JSON in the SQL"),
    **dict.fromkeys(range(3685, 3700), Fix(_PATTERN)),
    3144: Fix("CONVERT the text to utf8mb4 before the SQL reads JSON out of it"),
    # Limits
    1038: Fix("raise sort_buffer_size of the server"),
    1104: Fix("let the session set sql_big_selects, or raise max_join_size"),
    1153: Fix("raise max_allowed_packet of the server"),
    1301: Fix("raise max_allowed_packet of the server"),
    1969: _TIME,
    3024: _TIME,
    # The server's own state
    3: _DISK,
    1021: _DISK,
    1114: Fix("raise tmp_table_size of the server, or free space on its disk"),
    1033: _REPAIR,
    1034: _REPAIR,
    1035: _REPAIR,
    1194: _REPAIR,
    1195: _REPAIR,
    1812: _REPAIR,
    1932: _REPAIR,
    1037: Fix("give the server more memory", may_pass=True),
    1041: Fix("give the server more memory", may_pass=True),
    1053: Fix("wait until the server has started again", may_pass=True),
    1079: Fix("wait until the server has started again", may_pass=True),
    1135: Fix("give the server more threads and memory", may_pass=True),
    1152: _GONE,
    1158: _GONE,
    1159: _GONE,
    1160: _GONE,
    1161: _GONE,
    1205: _BUSY,
    1213: _BUSY,
    1317: _BUSY,
    1412: _BUSY,  # the table was altered after the snapshot
    1429: Fix("see that the server behind the FEDERATED table can be reached", may_pass=True),
    1430: Fix("see that the server behind the FEDERATED table works", may_pass=True),
    1927: _GONE,
    4031: _GONE,
}


_IN_THE_SQL = {
    ACCESS_DENIED: Fix(
        f"a view is read whose definer is gone or may not read what it reads: {_VIEW}"
    ),
    1049: Fix("name a database in the SQL or in COVERS that the server has"),
}
"""Fixes of numbers that have another meaning after login."""

_OTHER_REASONS_OF_A_DENIAL = {
    # The server says "Access denied" for a wrong password, and also for a user with REQUIRE.
    False: f"or, if its user or the server allows encrypted connections alone, {_ENCRYPT}",
    True: "or, if its user must show a certificate (REQUIRE X509), name cert and key in ssl of its "
    "extra; or, if the server offers no encryption, take ssl and ssl_mode out",
}


def fix_for(number: object, *, encrypted: bool = False, connected: bool = False) -> Fix:
    """How to fix an error.

    Args:
        number: the first argument of the driver's error; usually the server's number.
        encrypted: whether the connection requires encryption.
        connected: whether the login had succeeded.
    """
    if not isinstance(number, int):
        return _UNKNOWN
    if connected and number in _IN_THE_SQL:
        return _IN_THE_SQL[number]
    fix = _FIXES.get(number, _UNKNOWN)
    if number == ACCESS_DENIED:
        return Fix(
            f"{fix.text}, in a URI with special characters percent-encoded; "
            f"{_OTHER_REASONS_OF_A_DENIAL[encrypted]}"
        )
    return fix
