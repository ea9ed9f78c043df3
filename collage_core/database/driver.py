"""What is needed of a connection to a database. MySQLdb's has it."""

from typing import Any, Protocol


class Connection(Protocol):
    """A connection, with the errors of its driver (an optional extension of PEP 249)."""

    Error: type[Exception]
    ProgrammingError: type[Exception]
    converter: dict[Any, Any]
    """How fields become values of Python; without any, they stay the bytes that the server sent."""

    def cursor(self) -> Any:
        """A cursor that keeps all rows of its result."""

    def set_character_set(self, charset: str, /) -> Any:
        """Set what texts are encoded in, in both directions."""

    def get_server_info(self) -> str:
        """The server's version."""
