"""The table of a redrive: short, whatever is in the queue, and without anything of a body."""

from datetime import UTC, datetime, timedelta

import pytest

from collage_core.aws.dead_letters import DeadLetter
from collage_core.run.redrive_judge import Action, Verdict
from collage_core.run.redrive_kinds import Asked, Kind
from collage_core.run.redrive_report import Report

NOW = datetime(2026, 11, 21, tzinfo=UTC)
SEND = Verdict(Action.SEND, "the chunk has no receipt")
DROP = Verdict(Action.DROP, "the chunk has its receipt")
UNKNOWN = Verdict(Action.LEAVE, "it asks for nothing known")


def letter(
    *, age: timedelta = timedelta(hours=3), receives: int = 6, name: str = "m"
) -> DeadLetter:
    return DeadLetter(name, "handle", "secret", NOW - age, receives)


def test_messages_of_a_run_with_one_reason_are_one_line() -> None:
    report = Report()
    for hours, receives in ((3, 6), (50, 7), (4, 9)):
        report.add(
            letter(age=timedelta(hours=hours), receives=receives), Asked(Kind.CHUNK, "run-b"), SEND
        )
    report.add(letter(), Asked(Kind.CHUNK, "run-b"), DROP)
    report.add(letter(), Asked(Kind.EVENT), SEND)
    assert report.table(NOW).splitlines() == [
        "run    kind      messages  oldest  received  what is done  why",
        "-      S3 event  1         3 h     6         send again    the chunk has no receipt",
        "run-b  chunk     1         3 h     6         drop          the chunk has its receipt",
        "run-b  chunk     3         2 d     9         send again    the chunk has no receipt",
    ]
    assert "secret" not in report.table(NOW)
    assert report.actions == {Action.SEND: 4, Action.DROP: 1}


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(-5, "0 s"), (119, "119 s"), (120, "2 min"), (7199, "119 min"), (7200, "2 h"), (1e6, "11 d")],
)
def test_an_age_is_shown_in_the_largest_unit_that_fits(seconds: float, shown: str) -> None:
    report = Report()
    report.add(letter(age=timedelta(seconds=seconds)), Asked(Kind.CHUNK, "r"), SEND)
    assert f"  {shown} " in report.table(NOW)


def test_unknown_messages_are_named_by_their_ids() -> None:
    report = Report()
    for number in range(23):
        report.add(letter(name=f"id-{number:02d}"), Asked(Kind.UNKNOWN), UNKNOWN)
    last = report.table(NOW).splitlines()[-1]
    assert last.startswith("Unknown messages, by id: id-00, id-01, ")
    assert last.endswith("id-19 and 3 more")


def test_other_runs_are_named_in_one_line() -> None:
    report = Report()
    for number in range(12):
        report.add_not_chosen(Asked(Kind.CHUNK, f"run-{number:02d}"))
        report.add_not_chosen(Asked(Kind.EVENT))
    assert report.messages == report.not_chosen == 24
    last = report.table(NOW).splitlines()[-1]
    assert last.startswith("Not chosen: 24 messages of run-00, S3 event, run-01, ")
    assert last.endswith("run-08 and others")


def test_a_table_of_very_many_runs_stays_short() -> None:
    report = Report()
    for number in range(5000):
        report.add(letter(), Asked(Kind.INLINE_CSV, f"sqs-{number:05d}"), SEND)
    lines = report.table(NOW).splitlines()
    assert len(lines) < 210
    assert any("(further runs)  csv_data  4,800 " in line for line in lines)
    assert report.actions[Action.SEND] == 5000
