"""`health.py URL [COMPONENT]`: exits with 0 if the URL answers 200, and otherwise says why not.

With a COMPONENT, the answer must be the health of an Airflow in which this component has sent
a heartbeat. It needs nothing but Python, because it also runs in images that are not ours.
"""

import json
import sys
import urllib.error
import urllib.request


def main(url: str, component: str | None = None) -> str | None:
    """What is wrong, or None."""
    # No proxy: the address is in the network of the compose file.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=5) as response:
            body = response.read()
    except (urllib.error.URLError, OSError) as error:
        return f"{url}: {error}"
    status = json.loads(body)[component]["status"] if component else "healthy"
    return None if status == "healthy" else f"{component} is {status}"


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
