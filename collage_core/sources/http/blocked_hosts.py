"""The hosts that were blocked in a run, for the one log line that says how to allow them."""

import threading

from collage_core.errors import SettingError
from collage_core.hosts.allowed_hosts import allowed_host

MOST_NAMED = 10
"""Most hosts in the line."""

_LONGEST_NAMED = 253  # the limit of DNS; untrusted URLs may have longer names


class BlockedHosts:
    """Collects blocked hosts, not more than it names. Safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._hosts: dict[str, bool] = {}
        self._has_more = False

    def note(self, host: str, *, may_be_named: bool) -> None:
        """Add a host. `may_be_named`: whether an entry in the allow-list would allow it."""
        host = host[:_LONGEST_NAMED]
        with self._lock:
            if host in self._hosts or len(self._hosts) < MOST_NAMED:
                self._hosts[host] = may_be_named
            else:
                self._has_more = True

    @property
    def has_more(self) -> bool:
        """Whether there were more hosts than are kept."""
        with self._lock:
            return self._has_more

    @property
    def entries(self) -> list[str]:
        """Those that the allow-list can name, as its entries, sorted."""
        with self._lock:
            hosts = sorted(self._hosts.items())
        return [host for host, may_be_named in hosts if may_be_named and _is_entry(host)]

    def __str__(self) -> str:
        """What to do, with the hosts: `name them … in ALLOWED_SOURCE_HOSTS: a.example`."""
        named = self.entries
        with self._lock:
            hosts, has_more = sorted(self._hosts.items()), self._has_more
        odd = [host for host, may_be_named in hosts if may_be_named and not _is_entry(host)]
        never = [host for host, may_be_named in hosts if not may_be_named]
        parts = []
        if named:
            parts.append(
                "if these hosts are meant, name them without wildcards in ALLOWED_SOURCE_HOSTS: "
                f"{', '.join(named)}"
            )
        if odd:
            parts.append(f"these hosts cannot be written as an entry: {', '.join(odd)}")
        if never:
            parts.append(f"these hosts have addresses that are never asked: {', '.join(never)}")
        return "; ".join(parts) + (" and others" if has_more else "")


def _is_entry(host: str) -> bool:
    try:
        return allowed_host(host) == host
    except SettingError:
        return False
