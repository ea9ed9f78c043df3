"""The rows of the run as a database has them, which change while the run goes on."""

from collections.abc import Sequence
from random import Random
from typing import Any

from tests.simulation.covers import Behaviour

type Row = tuple[bytes, bytes, bytes]

_NAMES = ("anna", "bo", "carl", "dora", "emil", "f o/g", "gül")
_BEHAVIOURS: tuple[Behaviour, ...] = (
    "ok", "ok", "ok", "once", "sometimes", "differs", "missing", "slow", "no_picture",
)  # fmt: skip


class Table:
    """Covers by creator."""

    def __init__(self, random: Random, behaviours: dict[str, Behaviour]) -> None:
        self._random = random
        self._behaviours = behaviours
        self._likely = random.choice((_BEHAVIOURS, ("ok", "ok", "ok", "once", "differs"), ("ok",)))
        self._covers = 0
        self._has_killer = random.random() < 0.9
        """Whether it has the one cover that kills each worker, or is to have none."""
        self.rows: dict[str, list[Row]] = {}
        for name in random.sample(_NAMES, random.choice((1, 2, 2, 3, 4))):
            self._add(name)

    def _add(self, name: str) -> None:
        rows = self.rows.setdefault(name, [])
        for _ in range(self._random.choice((1, 1, 2, 2, 3))):
            self._covers += 1
            url = f"https://c.example/{self._covers}.jpg"
            self._behaviours[url] = self._random.choice(self._likely)
            if not self._has_killer and self._random.random() < 0.5:
                self._has_killer = True
                self._behaviours[url] = "kills"
            moment = f"2026-09-0{self._random.randrange(1, 9)} 00:00:00"
            rows.append((name.encode(), url.encode(), moment.encode()))

    def change(self) -> str:
        """Change something, and say what."""
        random = self._random
        what = random.choice(("add", "remove", "replace", "creator", "gone"))
        names = sorted(self.rows)
        name = random.choice(names)
        match what:
            case "add":
                self._add(name)
            case "remove" if len(self.rows[name]) > 1:
                self.rows[name].pop(random.randrange(len(self.rows[name])))
            case "replace":
                self.rows[name].pop(0)
                self._add(name)
            case "gone" if len(self.rows) > 1:
                del self.rows[name]
            case _:
                what = "creator"
                self._add(
                    random.choice([each for each in _NAMES if each not in self.rows] or names)
                )
        return f"{what} {name}"

    def ordered(self) -> list[Row]:
        """All rows as the SQL of the run orders them."""
        names = sorted(self.rows, key=lambda name: name.encode())
        return [row for name in names for row in self.rows[name]]


class SimulatedCursor:
    """A cursor over the rows as they are at this moment."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self._rows = list(rows)

    def execute(self, operation: str, parameters: Any, /) -> None:
        """The rows are known already."""

    def fetchmany(self, size: int, /) -> Sequence[Row]:
        """The next rows."""
        some, self._rows = self._rows[:size], self._rows[size:]
        return some
