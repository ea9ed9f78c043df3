"""A cover server on loopback with the latency of a network, which takes hardly any CPU time."""

import asyncio
import multiprocessing
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection

_BACKLOG = 512


@dataclass(frozen=True, slots=True)
class CoverServer:
    """The running server, seen from the benchmark."""

    origin: str
    """The start of its URLs; the last part of a path is the number of a cover."""
    _connection: Connection

    def cpu_seconds(self) -> float:
        """CPU time of the server's process so far."""
        self._connection.send(None)
        taken: float = self._connection.recv()
        return taken


@contextmanager
def cover_server(
    covers: Sequence[bytes], *, media_type: str, latency_seconds: float
) -> Iterator[CoverServer]:
    """Serve `covers`, each of them `latency_seconds` after its request."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(
        target=_main, args=(covers, media_type, latency_seconds, there), daemon=True
    )
    process.start()
    try:
        yield CoverServer(f"http://127.0.0.1:{here.recv()}", here)
    finally:
        process.terminate()
        process.join()


def _main(
    covers: Sequence[bytes], media_type: str, latency_seconds: float, parent: Connection
) -> None:
    asyncio.run(_serve(covers, media_type, latency_seconds, parent))


async def _serve(
    covers: Sequence[bytes], media_type: str, latency_seconds: float, parent: Connection
) -> None:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {media_type}\r\nContent-Length: "
    responses = [f"{head}{len(cover)}\r\n\r\n".encode() + cover for cover in covers]

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                await asyncio.sleep(latency_seconds)
                number = int(head.split(b".jpg", 1)[0].rpartition(b"/")[2])
                writer.write(responses[number % len(responses)])
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    def send_cpu_seconds() -> None:
        try:
            parent.recv()
        except EOFError:  # the benchmark was killed
            server.close()
        else:
            parent.send(time.process_time())

    server = await asyncio.start_server(answer, "127.0.0.1", 0, backlog=_BACKLOG)
    parent.send(server.sockets[0].getsockname()[1])
    asyncio.get_running_loop().add_reader(parent.fileno(), send_cpu_seconds)
    with suppress(asyncio.CancelledError):  # raised when the server is closed
        await server.serve_forever()
