"""A month's bill: its parts are those of a run and of the account, and the page has them."""

import json
import re
import shlex
from pathlib import Path

import pytest

from collage_core.run import cost_parts
from collage_core.run.account_prices import NOT_LOOKED_UP, all_prices
from collage_core.run.cost_parts import (
    Month,
    Part,
    parts_of_account,
    parts_of_keeping,
    parts_of_options,
    parts_of_runs,
)
from collage_core.run.keeping_cost import keeping_cost
from collage_core.run.monthly_cost import main
from collage_core.run.prices import AS_OF
from deploy.limits import read_limits
from lambda_pkg.metrics import UNITS

REPO = Path(__file__).parents[4]
PAGE = (REPO / "docs" / "costs.md").read_text()
COMMANDS = re.findall(
    r"^\.venv/bin/python -m collage_core\.run\.monthly_cost(.*)$", PAGE, re.MULTILINE
)
LIMITS = read_limits()


def dollars(parts: list[Part]) -> dict[str, float]:
    return {part.name: part.dollars for part in parts}


def blocks(text: str) -> list[str]:
    return text.rstrip().split("\n\n")


def test_the_page_has_what_its_commands_print(capsys: pytest.CaptureFixture[str]) -> None:
    assert len(COMMANDS) == 3
    for command in COMMANDS:
        assert main(shlex.split(command)) == 0
        printed = blocks(capsys.readouterr().out)
        shown = [block for block in printed if block in PAGE]
        # A thousand times as much has the same account, and the options grow with it.
        assert shown == (printed[:3] + printed[3:5] if "--runs" in command else printed)


def test_a_run_costs_what_is_estimated_for_it() -> None:
    month = Month()
    parts = dollars([*parts_of_runs(month)])
    together = parts["Lambda"] + parts["S3, requests"] + parts["SQS"]
    assert together == pytest.approx(month.estimate().dollars)
    assert f"{together:.2f}" == "1.94", "as the README says"
    assert parts["SQS"] == pytest.approx(1000 * 3 * 0.40 / 1e6)


def test_a_thousand_runs_cost_a_thousand_times_as_much_and_the_account_stays() -> None:
    one, many = dollars([*parts_of_runs(Month())]), dollars([*parts_of_runs(Month(runs=1000))])
    assert many == pytest.approx({name: 1000 * cost for name, cost in one.items()})
    fixed = {"`mwaa`: Airflow", "for `mwaa`: two NAT gateways of your VPC", "`request_metrics`"}
    few = dollars([*parts_of_options(Month())])
    more = dollars([*parts_of_options(Month(runs=1000))])
    for name, cost in few.items():
        assert more[name] == pytest.approx(cost if name in fixed else 1000 * cost)


def test_a_copy_in_another_region_pays_for_small_objects_as_for_larger_ones() -> None:
    copy = dollars([*parts_of_options(Month())])["`replica`: a copy in another region"]
    collages = 60_000 * 2 * 1_749_000 / 1e9
    small = 60_000 * 2 * 131_072 / 1e9
    assert copy == pytest.approx(
        collages * 0.02 + (collages + small) * 12 * 0.0125 + 240_000 * 0.01 / 1000
    )


def test_keeping_costs_what_its_own_command_says() -> None:
    (short, long) = parts_of_keeping(Month())
    cost = keeping_cost(covers=2_000_000, chunks=1000, looked_into=40_000, days=40)
    assert short.dollars == cost.dollars
    assert short.how.startswith("331 GB"), "docs/covers.md"
    assert long.how.startswith("3,279 GB")


def test_a_year_of_collages_is_in_three_classes_for_as_long_as_the_lifecycle_says() -> None:
    kept = LIMITS.retention
    assert kept.collages_standard_ia_days == cost_parts.DAYS_IN_STANDARD
    assert (
        kept.collages_glacier_ir_days
        == cost_parts.DAYS_IN_STANDARD + cost_parts.DAYS_IN_STANDARD_IA
    )
    parts = dollars([*parts_of_runs(Month())])
    month = 60_000 * 2 * 1_749_000 / 1e9
    all_standard = month * 12 * 0.023
    all_glacier = month * 12 * 0.004
    assert all_glacier < parts["collages, storage"] < all_standard


def test_logs_are_kept_as_long_as_the_deployment_keeps_them() -> None:
    assert LIMITS.retention.log_group_days == cost_parts.LOG_DAYS
    assert LIMITS.retention.access_logs_days == cost_parts.ACCESS_LOG_DAYS


def test_the_account_has_the_alarms_metrics_and_buckets_of_terraform() -> None:
    text = (REPO / "terraform" / "alarms.tf").read_text()
    (own, of_covers) = (
        text.partition(f"  {name} = {{\n")[2].partition("\n  }\n")[0]
        for name in ("pipeline_alarms", "cover_alarms")
    )
    alarms = re.findall(r"^    ([a-z-]+) += \{", f"{own}\n{of_covers}", re.MULTILINE)
    buckets = json.loads((REPO / "deploy" / "limits.json").read_text())["buckets"]
    assert len(alarms) + len(buckets) == cost_parts.ALARMS
    assert len(buckets) == cost_parts.BUCKETS
    assert len(UNITS) + 1 == cost_parts.OWN_METRICS
    parts = dollars([*parts_of_account()])
    assert parts["alarms"] == pytest.approx(0.10 * cost_parts.ALARMS)


def test_a_collage_is_as_large_as_the_benchmark_has_it() -> None:
    page = (REPO / "docs" / "benchmarks.md").read_text()
    first, *_ = re.findall(r"^\| collage_core, 8 downloads \| .* \|$", page, re.MULTILINE)
    assert float(first.split("|")[-3]) * 1000 == cost_parts.BYTES_PER_COLLAGE


def test_every_price_says_for_what_from_where_and_as_of_when() -> None:
    prices = [*all_prices()]
    assert len({price.unit for price in prices}) == len(prices) > 20
    for price in prices:
        assert price.dollars > 0
        assert price.page.startswith("https://aws.amazon.com/")
        assert price.as_of == NOT_LOOKED_UP or re.fullmatch(r"[A-Z][a-z]+ 20\d\d", price.as_of)


def test_other_pages_name_the_date_of_the_prices_of_a_run() -> None:
    assert f"prices of us-east-1 of {AS_OF}" in (REPO / "docs" / "covers.md").read_text()
    assert [price.as_of for price in all_prices()].count(AS_OF) == 7


@pytest.mark.parametrize("text", ["0", "-1", "many", "1.5", ""])
def test_a_number_that_is_none_is_refused_with_what_is_allowed(
    text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["--covers", text])
    assert f"--covers: {text!r}: give a whole number, 1 or more" in capsys.readouterr().err
