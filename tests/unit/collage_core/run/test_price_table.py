"""What runs would take, one line each, before anything is paid."""

from collage_core.contract.config import ProcessingConfig
from collage_core.run.estimate import estimate
from collage_core.run.price_table import NOTES, Price, Workers, price, price_table
from collage_core.settings import Settings

NOW = 1_800_000_000.0
DEAD = f"https://cdn.example/1.jpg?x-expires={NOW - 1:.0f}&x-signature=s"
ALIVE = f"https://cdn.example/1.jpg?x-expires={NOW + 1:.0f}&x-signature=s"


def october(
    rows: int = 4001,
    creators: int = 60,
    urls: tuple[str, ...] = (),
    settings: Settings | None = None,
) -> Price:
    return price(
        "2026-10",
        rows=rows,
        creators=creators,
        urls=urls,
        settings=settings or Settings(),
        config=ProcessingConfig(),
        workers=Workers(),
        now=NOW,
    )


def test_a_price_is_the_estimate_that_plan_makes_of_the_same_run() -> None:
    expected = estimate(
        rows=4001,
        creators=60,
        chunks=3,
        covers_per_creator=35,
        downloads=8,
        concurrency=10,
        memory_mb=1769,
    )
    assert october().dollars == expected.dollars
    assert october().hours == expected.wall_seconds / 3600


def test_urls_count_as_dead_when_their_own_time_is_over_and_else_as_alive() -> None:
    found = october(urls=(DEAD, ALIVE, ALIVE, "https://cdn.example/without.jpg"))
    assert (found.dead, found.looked_at) == (1, 4)


def test_several_runs_together_are_the_sum_of_each_column() -> None:
    together = Price.sum("together", [october(urls=(DEAD,)), october(rows=10, urls=(ALIVE,))])
    assert (together.rows, together.creators) == (4011, 120)
    assert (together.dead, together.looked_at) == (1, 2)
    assert together.dollars == october().dollars + october(rows=10).dollars
    assert together.total_dollars == together.dollars + together.keeping_dollars
    assert together.keeping_dollars > october().keeping_dollars > 0


def test_without_keeping_it_costs_nothing_to_keep_covers() -> None:
    assert october(settings=Settings(keep_covers_days=0)).keeping_dollars == 0


def test_the_table_has_a_line_for_each_run_and_says_what_was_counted() -> None:
    nothing = october(rows=0, creators=0)
    lines = price_table([october(urls=(DEAD, ALIVE)), nothing]).splitlines()
    assert lines[0].split() == ["rows", "creators", "USD", "keeping", "hours", "dead"]
    assert lines[1].split() == ["2026-10", "4,001", "60", "0.0021", "0.0082", "0.01", "50.0%"]
    assert lines[2].split() == ["2026-10", "0", "0", "0.0000", "0.0000", "0.00", "-"]
    assert lines[3:] == [NOTES, "Rates: built in."]
