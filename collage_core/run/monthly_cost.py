"""What a month costs an account: `python -m collage_core.run.monthly_cost --covers 2000000`."""

import argparse
import sys
from collections.abc import Iterable, Sequence

from collage_core.run.account_prices import ListPrice, all_prices
from collage_core.run.cost_parts import (
    Month,
    Part,
    parts_of_account,
    parts_of_keeping,
    parts_of_options,
    parts_of_runs,
)
from collage_core.run.estimate_in_words import count, duration
from collage_core.settings import Settings


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tables of docs/costs.md."""
    usual = Month()
    parser = argparse.ArgumentParser(
        prog="python -m collage_core.run.monthly_cost", description="What a month costs."
    )
    for name, told in (
        ("covers", "new ones in a run"),
        ("creators", "of a run"),
        ("runs", "of that size in a month"),
        ("downloads", "of a worker at a time"),
    ):
        default = getattr(usual, name)
        parser.add_argument(
            f"--{name}", type=_at_least_one, default=default, help=f"{told}; {default}"
        )
    parser.add_argument("--prices", action="store_true", help="print the list prices instead")
    options = parser.parse_args(arguments)
    month = Month(options.covers, options.creators, options.runs, options.downloads)
    sys.stdout.write(f"{_price_list() if options.prices else _bill(month)}\n")
    return 0


def _bill(month: Month) -> str:
    """All parts in Markdown: of runs, of keeping covers, of the account, of what can be added."""
    of_runs, of_account = [*parts_of_runs(month)], [*parts_of_account()]
    runs, covers = count(month.runs, "run"), count(month.covers, "cover")
    workers = count(Settings().function_concurrency, "worker")
    lasts = duration(month.runs * month.estimate().wall_seconds)
    return "\n\n".join(
        [
            _table(of_runs),
            f"{runs} of {covers}: {_sum(of_runs)} USD a month. {workers} take {lasts}.",
            _table(parts_of_keeping(month)),
            _table(of_account),
            f"The account: {_sum(of_account)} USD a month.",
            _table(parts_of_options(month)),
        ]
    )


def _table(parts: Iterable[Part]) -> str:
    lines = [f"| {part.name} | {part.dollars:,.2f} | {part.how} |" for part in parts]
    return "\n".join(["| part | USD a month | for |", "|---|--:|---|", *lines])


def _sum(parts: Iterable[Part]) -> str:
    return f"{sum(part.dollars for part in parts):,.2f}"


def _price_list() -> str:
    lines = [
        f"| {_units(price)} | {_in_full(price.amount)} | {price.as_of} | {price.page} |"
        for price in all_prices()
    ]
    return "\n".join(["| for | USD | as of | AWS's page |", "|---|--:|---|---|", *lines])


def _units(price: ListPrice) -> str:
    return price.unit if price.per == 1 else f"{price.per:,} {price.unit}"


def _in_full(amount: float) -> str:
    """Such as 0.0000133334, without an exponent."""
    return f"{amount:.10f}".rstrip("0").rstrip(".")


def _at_least_one(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r}: give a whole number, 1 or more")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
