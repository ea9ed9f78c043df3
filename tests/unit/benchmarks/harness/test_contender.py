"""Contenders that cannot run are separated from those that can."""

from benchmarks.harness.contender import Contender, split_by_hindrance


def test_contenders_that_cannot_run_are_left_out_with_the_reason() -> None:
    able: Contender[None] = Contender("able", lambda _: ["true"])
    missing: Contender[None] = Contender("missing", lambda _: ["true"])
    reasons = {"able": None, "missing": "install it"}
    assert split_by_hindrance([able, missing], lambda one: reasons[one.title]) == (
        [able],
        {"missing": "install it"},
    )
