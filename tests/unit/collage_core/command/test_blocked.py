import shlex

from collage_core.command.blocked import how_to_allow
from collage_core.contract.books import Books, RowCounts
from collage_core.sources.http.blocked_hosts import MOST_NAMED, BlockedHosts


def blocked(*hosts: str, may_be_named: bool = True) -> BlockedHosts:
    found = BlockedHosts()
    for host in hosts:
        found.note(host, may_be_named=may_be_named)
    return found


def books(blocked: int, *, placed: int = 0) -> Books:
    rows = RowCounts(total=blocked + placed, failed=blocked, placed=placed)
    return Books(rows=rows, reasons={"blocked_address": blocked} if blocked else {})


def test_nothing_is_said_when_no_cover_was_blocked() -> None:
    assert how_to_allow(books(0, placed=1), blocked(), allowed=[]) is None


def test_the_hosts_are_given_as_options() -> None:
    hint = how_to_allow(books(24), blocked("b.example", "10.0.0.1"), allowed=["c.example"])
    assert hint == (
        "24 covers are on hosts that are not asked. If they are meant, add: "
        "--allow-host 10.0.0.1 --allow-host b.example"
    )


def test_public_hosts_stay_allowed_beside_the_first_host_that_is_named() -> None:
    hint = how_to_allow(books(1, placed=3), blocked("10.0.0.1"), allowed=[])
    assert hint
    options = shlex.split(hint.rpartition("add: ")[2])
    assert options == ["--allow-host", "10.0.0.1", "--allow-host", "*"]


def test_hosts_that_are_never_asked_are_not_offered() -> None:
    hint = how_to_allow(books(1), blocked("169.254.169.254", may_be_named=False), allowed=[])
    assert hint
    assert "--allow-host" not in hint
    assert "never asked: 169.254.169.254" in hint


def test_more_hosts_than_are_named_are_mentioned() -> None:
    hosts = [f"{number}.example" for number in range(MOST_NAMED + 1)]
    hint = how_to_allow(books(99), blocked(*hosts), allowed=[])
    assert hint
    assert hint.count("--allow-host") == MOST_NAMED
    assert "there are more such hosts" in hint
