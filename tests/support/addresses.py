"""The loopback address in the forms that untrusted URLs may use."""

LOOPBACK_FORMS = (
    "127.1",
    "2130706433",
    "0x7f000001",
    "0x7f.1",
    "0177.0.0.1",
    "017700000001",
    "0",
    "localhost",
)
"""Hosts that the system resolves to this very machine."""
