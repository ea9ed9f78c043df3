"""What to add to the command so that the hosts of blocked covers are asked."""

import shlex
from collections.abc import Sequence

from collage_core.contract.books import Books
from collage_core.contract.reasons import Reason
from collage_core.sources.http.blocked_hosts import BlockedHosts


def how_to_allow(books: Books, blocked: BlockedHosts, *, allowed: Sequence[str]) -> str | None:
    """A sentence with the options, ready to be copied; None when no cover was blocked.

    `allowed` are the hosts that the run was given. When it was given none, every public host was
    asked; naming one would leave the others out, so `*` is named beside it if they are needed.
    """
    count = books.reasons.get(Reason.BLOCKED_ADDRESS, 0)
    if not count:
        return None
    covers = "1 cover is" if count == 1 else f"{count:,} covers are"
    hosts = blocked.entries
    if not hosts:
        return f"{covers} on hosts that are not asked: {blocked}"
    if not allowed and not books.every_cover_was_blocked:
        hosts = [*hosts, "*"]
    options = " ".join(f"--allow-host {shlex.quote(host)}" for host in hosts)
    more = " (there are more such hosts: run it again to see them)" if blocked.has_more else ""
    return f"{covers} on hosts that are not asked. If they are meant, add{more}: {options}"
