"""The table of covers and its two users, as SQL that MariaDB and MySQL both understand.

The owner fills the table, and Airflow connects as the reader. The statements create what is
missing and update the rest, so they can be executed at every start.
"""

DATABASE = "covers_db"
OWNER = "covers_owner"
READER = "covers_reader"

_COLUMNS = (
    "id BIGINT AUTO_INCREMENT PRIMARY KEY, creator_name VARCHAR(255), cover_url VARCHAR(2048), "
    "updated_at DATETIME, KEY (updated_at)"
)
# The extract task checks whether the server is a replica that lags. The right to ask has another
# name on each server, and each server executes only its own comment.
_MONITOR = "/*!80000 REPLICATION CLIENT */ /*M!100502 SLAVE MONITOR */"


def covers_sql(*, owner_password: str, reader_password: str, clients: str) -> str:
    """The statements, one per line, as a server expects them in an init file.

    `clients` says where the users may connect from: an address, or `%` for anywhere.
    """
    statements = [
        f"CREATE DATABASE IF NOT EXISTS {DATABASE} CHARACTER SET utf8mb4",
        f"CREATE TABLE IF NOT EXISTS {DATABASE}.covers ({_COLUMNS}) CHARACTER SET utf8mb4",
    ]
    for user, password, rights in (
        (OWNER, owner_password, "ALL"),
        (READER, reader_password, "SELECT"),
    ):
        account = f"'{user}'@'{clients}'"
        statements += [
            f"CREATE USER IF NOT EXISTS {account}",
            f"ALTER USER {account} IDENTIFIED BY '{password}'",
            f"GRANT {rights} ON {DATABASE}.* TO {account}",
        ]
    statements.append(f"GRANT {_MONITOR} ON *.* TO '{READER}'@'{clients}'")
    return "".join(f"{statement};\n" for statement in statements)
