"""A mail server on loopback, which keeps what it is sent."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from typing import Any, override


@dataclass(frozen=True, slots=True)
class MailServer:
    """A running server and its mails, as they came over the wire."""

    port: int
    received: list[bytes] = field(default_factory=list)

    @property
    def connection(self) -> dict[str, Any]:
        """Airflow's connection to it."""
        return {
            "conn_type": "smtp",
            "host": "127.0.0.1",
            "port": self.port,
            "extra": {
                "disable_ssl": True,
                "disable_tls": True,
                "from_email": "airflow@team.example",
            },
        }


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """A mail server for the time of the block."""

    class Smtp(socketserver.StreamRequestHandler):
        @override
        def handle(self) -> None:
            self.wfile.write(b"220 here\r\n")
            while line := self.rfile.readline():
                if line.upper().startswith(b"QUIT"):
                    self.wfile.write(b"221 bye\r\n")
                    return
                if line.upper().startswith(b"DATA"):
                    self.wfile.write(b"354 go on\r\n")
                    served.received.append(b"".join(iter(self.rfile.readline, b".\r\n")))
                self.wfile.write(b"250 ok\r\n")

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Smtp)
    server.daemon_threads = True  # a client may stay connected
    served = MailServer(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def recipients_and_html(mail: bytes) -> tuple[str, str]:
    """To whom a mail was sent, and its page."""
    message = message_from_bytes(mail, policy=policy.default)
    (part,) = (part for part in message.walk() if part.get_content_type() == "text/html")
    return str(message["To"]), str(part.get_content())
