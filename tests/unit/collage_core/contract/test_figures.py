import random

from hypothesis import given
from hypothesis import strategies as st

from collage_core.contract.figures import MOST_HOSTS, Cost, FailedHosts, HostFailures
from tests.support.strategies import costs, host_counts


@given(host_counts, st.integers(0, 100))
def test_the_hosts_of_a_run_and_the_others_add_up_to_its_failed_covers(
    covers: dict[str, int], elsewhere: int
) -> None:
    failed = sum(covers.values()) + elsewhere
    hosts = FailedHosts.of(covers, failed=failed)
    assert sum(host.covers for host in hosts.hosts) + hosts.other == failed
    assert len(hosts.hosts) == min(len(covers), MOST_HOSTS)


@given(st.lists(host_counts, max_size=5), st.randoms(use_true_random=False))
def test_the_hosts_of_a_period_are_the_exact_sum_of_its_runs_in_any_order(
    runs: list[dict[str, int]], shuffler: random.Random
) -> None:
    parts = [FailedHosts.of(covers, failed=sum(covers.values()) + 1) for covers in runs]
    whole = FailedHosts.total(parts)
    days = [FailedHosts.total(parts[:2]), FailedHosts.total(parts[2:])]
    shuffler.shuffle(parts)
    assert FailedHosts.total(parts) == whole == FailedHosts.total(days)
    assert {host.host: host.covers for host in whole.hosts} == {
        name: sum(host.covers for part in parts for host in part.hosts if host.host == name)
        for name in {host.host for part in parts for host in part.hosts}
    }


def test_the_host_with_the_most_failed_covers_is_first() -> None:
    hosts = FailedHosts.of({"b.example": 2, "c.example": 9, "a.example": 2}, failed=14)
    assert hosts.hosts == [
        HostFailures("c.example", 9),
        HostFailures("a.example", 2),
        HostFailures("b.example", 2),
    ]
    assert hosts.other == 1


@given(st.lists(costs, max_size=8), st.randoms(use_true_random=False))
def test_costs_add_up_to_the_last_digit_in_any_order(
    parts: list[Cost], shuffler: random.Random
) -> None:
    whole = Cost.total(parts)
    halves = [Cost.total(parts[:3]), Cost.total(parts[3:])]
    shuffler.shuffle(parts)
    assert Cost.total(parts) == whole == Cost.total(halves)
    assert round(whole.counted_usd * 1e6) == sum(round(part.counted_usd * 1e6) for part in parts)
