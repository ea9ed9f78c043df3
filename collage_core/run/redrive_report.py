"""What a redrive has found and done: counts, and a table with a line for each run and reason.

No line has anything of a body: it may hold signed URLs.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from collage_core.aws.dead_letters import DeadLetter
from collage_core.run.redrive_judge import Action, Verdict
from collage_core.run.redrive_kinds import Asked, Kind

_MOST_LINES: Final = 200
"""Lines of the table. Each CSV in a message is a run of its own, and there may be 100,000."""

_MOST_IDS: Final = 20
"""Messages of an unknown kind that are named by their id."""

_MOST_RUNS: Final = 10
"""Other runs that are named if a redrive is of one run."""

_NO_RUN: Final = "-"
_OTHER_RUNS: Final = "(further runs)"


@dataclass(slots=True)
class _Line:
    """Messages of a run for which the same is done for the same reason."""

    messages: int
    oldest: datetime
    receives: int
    """The most that one of them was received."""

    def add(self, letter: DeadLetter) -> None:
        self.messages += 1
        self.oldest = min(self.oldest, letter.sent)
        self.receives = max(self.receives, letter.receives)


@dataclass(slots=True)
class Report:
    """What was found so far."""

    actions: Counter[Action] = field(default_factory=Counter)
    """Messages by what is done with them; those that are not chosen are left out."""
    not_chosen: int = 0
    """Messages of other runs, if only one is redriven."""
    not_deleted: int = 0
    """Messages that SQS did not delete: they come back, and are known by then."""
    is_complete: bool = True
    """Whether the queue had no more messages."""
    _lines: dict[tuple[str, Kind, Verdict], _Line] = field(default_factory=dict)
    _unknown: list[str] = field(default_factory=list)
    _other_runs: dict[str, None] = field(default_factory=dict)

    @property
    def messages(self) -> int:
        """All that were looked at."""
        return self.actions.total() + self.not_chosen

    def add(self, letter: DeadLetter, asked: Asked, verdict: Verdict) -> None:
        """Count a message that is chosen."""
        self.actions[verdict.action] += 1
        key = (asked.run_id or _NO_RUN, asked.kind, verdict)
        if key not in self._lines and len(self._lines) >= _MOST_LINES:
            key = (_OTHER_RUNS, asked.kind, Verdict(verdict.action, "several reasons"))
        if key in self._lines:
            self._lines[key].add(letter)
        else:
            self._lines[key] = _Line(1, letter.sent, letter.receives)
        if asked.kind is Kind.UNKNOWN and len(self._unknown) < _MOST_IDS:
            self._unknown.append(letter.message_id)

    def add_not_chosen(self, asked: Asked) -> None:
        """Count a message of another run."""
        self.not_chosen += 1
        if len(self._other_runs) <= _MOST_RUNS:
            self._other_runs[asked.run_id or asked.kind.value] = None

    def table(self, now: datetime) -> str:
        """A line for each run, kind and reason, in the order of the runs' ids."""
        found = sorted(self._lines.items(), key=lambda item: (item[0][:2], item[0][2].action))
        rows = [
            (
                *(run_id, kind.value, f"{line.messages:,}"),
                *(_age(now - line.oldest), f"{line.receives:,}"),
                *(verdict.action.value, verdict.reason),
            )
            for (run_id, kind, verdict), line in found
        ]
        widths = [max(map(len, column)) for column in zip(_HEAD, *rows, strict=True)]
        return "\n".join([*(_row(row, widths) for row in (_HEAD, *rows)), *self._names()])

    def _names(self) -> list[str]:
        """Lines below the table: what can only be known by its name."""
        lines = []
        if self._unknown:
            kinds = ((key[1], line) for key, line in self._lines.items())
            count = sum(line.messages for kind, line in kinds if kind is Kind.UNKNOWN)
            more = count - len(self._unknown)
            ids = ", ".join(self._unknown)
            lines.append(f"Unknown messages, by id: {ids}{f' and {more:,} more' * (more > 0)}")
        if self.not_chosen:
            runs = ", ".join([*self._other_runs][:_MOST_RUNS])
            others = " and others" * (len(self._other_runs) > _MOST_RUNS)
            lines.append(f"Not chosen: {self.not_chosen:,} messages of {runs}{others}")
        return lines


_HEAD: Final = ("run", "kind", "messages", "oldest", "received", "what is done", "why")


def _row(row: tuple[str, ...], widths: list[int]) -> str:
    cells = zip(row, widths, strict=True)
    return "  ".join(f"{text:{width}}" for text, width in cells).rstrip()


def _age(age: timedelta) -> str:
    """In the largest unit of which there are two, such as "3 h"."""
    seconds = max(0, int(age.total_seconds()))
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length} {unit}"
    return f"{seconds} s"
