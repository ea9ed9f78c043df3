"""The log of a worker: one line per event, and never a signature in it."""

import logging

OUR_PACKAGES = ("collage_core", "lambda_pkg")

_QUIET_LIBRARIES = {
    "botocore": logging.WARNING,  # at INFO it logs where it found credentials
    "urllib3": logging.ERROR,  # at WARNING it logs every server whose headers are odd
}


def configure_logging(*, debug: bool) -> None:
    """Log at INFO; with `debug` our own modules at DEBUG, where libraries print secrets."""
    # Lambda's runtime has put a handler on the root logger; elsewhere this adds one.
    logging.basicConfig(format="%(levelname)s %(message)s")
    logging.getLogger().setLevel(logging.INFO)
    for name in OUR_PACKAGES:
        logging.getLogger(name).setLevel(logging.DEBUG if debug else logging.INFO)
    for name, level in _QUIET_LIBRARIES.items():
        logging.getLogger(name).setLevel(level)
