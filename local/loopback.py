"""A GET to a server of the twin that ignores the caller's proxy settings."""

import http.client
import ssl


def get(
    port: int, path: str, *, seconds: float = 2, tls: ssl.SSLContext | None = None
) -> bytes | None:
    """The body of a 200 from 127.0.0.1, or None for another status; with `tls` over HTTPS.

    Raises OSError when no server listens, or it does not answer with HTTP in time.
    """
    connection = (
        http.client.HTTPConnection("127.0.0.1", port, timeout=seconds)
        if tls is None
        else http.client.HTTPSConnection("127.0.0.1", port, timeout=seconds, context=tls)
    )
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.read() if response.status == http.client.OK else None
    except http.client.HTTPException as error:
        raise ConnectionError(f"no HTTP on port {port}") from error
    finally:
        connection.close()
