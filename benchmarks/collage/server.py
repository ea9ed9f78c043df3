"""A cover server on loopback: waits as long as a network would take, and costs next to nothing."""

import asyncio
import multiprocessing
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection

_BACKLOG = 512


@contextmanager
def cover_server(covers: Sequence[bytes], *, latency_seconds: float) -> Iterator[str]:
    """Serve `covers` in a process of its own; gives the origin of their URLs.

    The last part of a path names the cover by its number.
    """
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_main, args=(covers, latency_seconds, there), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{here.recv()}"
    finally:
        process.terminate()
        process.join()


def _main(covers: Sequence[bytes], latency_seconds: float, parent: Connection) -> None:
    asyncio.run(_serve(covers, latency_seconds, parent))


async def _serve(covers: Sequence[bytes], latency_seconds: float, parent: Connection) -> None:
    responses = [
        b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(cover)
        + cover
        for cover in covers
    ]

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

    server = await asyncio.start_server(answer, "127.0.0.1", 0, backlog=_BACKLOG)
    parent.send(server.sockets[0].getsockname()[1])
    await server.serve_forever()
