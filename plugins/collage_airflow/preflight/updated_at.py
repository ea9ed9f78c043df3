"""Whether the column of `updated_at` contains what `updated_at_holds` of CoversTable says."""

from collections.abc import Iterator, Sequence
from typing import Final

from collage_airflow.database.columns import NUMBERS, TEXTS, Column
from collage_airflow.database.query import shown_value
from collage_airflow.preflight import time_values
from collage_airflow.preflight.problem import Problem
from collage_airflow.preflight.table_sample import TableSample
from collage_core.database.time_column import DATE, DATETIME, SECONDS

DATETIMES: Final = {"DATETIME", "TIMESTAMP"}
"""Types that are a date and time."""


def updated_at_problems(sample: TableSample, column: Column) -> Iterator[Problem]:
    """Judged by the type of the column; if that is not enough, by a few of its values."""
    holds, said = sample.covers.updated_at_holds, f"{column.name} is {column.type}"
    if column.type in DATETIMES or column.type == "DATE":
        right = DATE if column.type == "DATE" else DATETIME
        # A DATE is also compared and written correctly as a DATETIME.
        if holds not in (right, DATETIME):
            yield _wrong(holds, said, [right])
    elif column.type in {*NUMBERS, *TEXTS, "DOUBLE"}:
        is_text = column.type in TEXTS
        values = time_values.telling(sample.values("updated_at", is_text=is_text))
        yield from _value_problems(values, holds, said, is_text=is_text)
    else:
        yield Problem(
            f"updated_at of CoversTable is {column.name!r}, which is {column.type} and "
            "holds no date and time: name a column that does, or put an expression into the "
            "SQL file",
            may_pass=False,
        )


def _value_problems(
    values: Sequence[str], holds: str, said: str, *, is_text: bool
) -> Iterator[Problem]:
    """A problem if the values are not times of the kind that `holds` names."""
    if holds not in (DATETIME, DATE):
        wrong = time_values.fits(values, holds)
    elif values:
        wrong = (time_values.known(values) or values)[0]
    else:
        guess = "%Y-%m-%d %H:%M:%S" if is_text else SECONDS
        yield _wrong(holds, f"{said} and the table has no value to tell from", [guess])
        return
    if wrong is None:
        return
    shown = repr(shown_value(wrong)) if is_text else wrong
    guesses = time_values.guesses(time_values.known(values))
    if not guesses and (alone := time_values.guesses([wrong])):
        yield _mixed(said, shown, alone[0])
    else:
        yield _wrong(holds, f"{said} and holds {shown}", guesses)


def _mixed(said: str, shown: str, guess: str) -> Problem:
    return Problem(
        f"{said} and holds values of several kinds, one of which is {shown} ({guess}): no "
        "updated_at_holds of CoversTable fits all; name another column for updated_at, or "
        "put an expression into the SQL file",
        may_pass=False,
    )


def _wrong(holds: str, said: str, guesses: Sequence[str]) -> Problem:
    declared = f"updated_at_holds of CoversTable is {holds!r}, but"
    if not guesses:
        return Problem(
            f"{declared} {said}, which is not a time in a known format: name another column for "
            "updated_at, or put an expression into the SQL file",
            may_pass=False,
        )
    # The same directives in another order: the day and the month cannot be distinguished.
    other = [guess for guess in guesses[1:2] if sorted(guess) == sorted(guesses[0])]
    others = "".join(f', or "{guess}" if the day comes first' for guess in other)
    return Problem(
        f'{declared} {said}: set updated_at_holds="{guesses[0]}"{others}', may_pass=False
    )
