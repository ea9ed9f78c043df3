"""The findings of a whole benchmark, as text, as Markdown and as JSON."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.collage.cost import Cost, cost_table
from benchmarks.collage.growth import Series
from benchmarks.collage.kept import KeptReport
from benchmarks.collage.memory import memory_table
from benchmarks.collage.participants import BOUND, IMG2DATASET, LIMIT, USUAL
from benchmarks.collage.race import CollageResult
from benchmarks.harness.report import markdown, terminal_text
from benchmarks.harness.table import Table

_NOTHING = "-"


@dataclass(frozen=True, slots=True)
class Report:
    """The contenders' results, and whatever else was asked for."""

    setting: str
    """The load and the machine, in a sentence."""
    results: Sequence[CollageResult]
    costs: Sequence[Cost]
    memory: Sequence[CollageResult] = ()
    growth: Sequence[Series] = ()
    kept: KeptReport | None = None

    def __str__(self) -> str:
        first, *others = self._tables()
        return terminal_text([self.setting, first, *self.verdicts(), *others, *self._of_kept()])

    def _of_kept(self) -> list[str]:
        return [] if self.kept is None else self.kept.verdicts()

    def markdown(self) -> str:
        """To paste into docs/benchmarks.md."""
        first, *others = self._tables()
        verdicts = "\n".join(f"- {verdict}" for verdict in self.verdicts())
        of_kept = "\n".join(f"- {verdict}" for verdict in self._of_kept())
        return markdown([self.setting, first, verdicts, *others, of_kept])

    def to_json(self) -> dict[str, Any]:
        """All figures."""
        return {
            "setting": self.setting,
            "results": [_to_json(result) for result in self.results],
            "costs": [asdict(cost) for cost in self.costs],
            "memory": [_to_json(result) for result in self.memory],
            "kept": [_to_json(result) for result in self.kept.results] if self.kept else [],
            "growth": {
                series.title: [
                    {"value": point.value, **_to_json(point.result)} for point in series.points
                ]
                for series in self.growth
            },
        }

    def verdicts(self) -> list[str]:
        """The core's share of the bound and the limit, and its lead over the peers it must beat."""
        return [
            f"{result.title}: " + ", ".join(comparisons)
            for result in self.results
            if result.name.startswith("ours") and (comparisons := list(self._compare(result)))
        ]

    def _compare(self, ours: CollageResult) -> Iterator[str]:
        for name, label in ((BOUND, "the bound"), (LIMIT, "the limit")):
            if line := self._find(name):
                share = ours.collages_per_second / line.collages_per_second
                cpu_share = line.cpu_per_thousand / ours.cpu_per_thousand
                yield f"{share:.2f} of {label} ({cpu_share:.2f} by CPU)"
        for name in (USUAL, IMG2DATASET):
            if peer := self._find(name):
                times = ours.collages_per_second / peer.collages_per_second
                cpu_times = peer.cpu_per_thousand / ours.cpu_per_thousand
                yield f"{times:.1f} times {peer.title} ({cpu_times:.1f} by CPU)"

    def _find(self, name: str) -> CollageResult | None:
        return next((result for result in self.results if result.name == name), None)

    def _tables(self) -> Iterator[Table]:
        yield self._results_table()
        if self.memory:
            yield memory_table(self.memory)
        if self.costs:
            yield cost_table(self.costs)
        for series in self.growth:
            yield series.table
        if self.kept is not None:
            yield self.kept.table

    def _results_table(self) -> Table:
        usual = self._find(USUAL)
        header = ["", "images/s", "collages/s", "times", "CPU s/1000 covers", "CPU times"]
        header += ["start s", "peak MB", "KB/collage", "SSIM"]
        return Table(header, [_row(result, usual) for result in self.results])


def _row(result: CollageResult, usual: CollageResult | None) -> list[str]:
    collages = f"{result.collages_per_second:.2f}"
    times = cpu_times = _NOTHING
    if usual:
        times = f"{result.collages_per_second / usual.collages_per_second:.1f}x"
        cpu_times = f"{usual.cpu_per_thousand / result.cpu_per_thousand:.1f}x"
    return [
        result.title,
        f"{result.images_per_second:.0f}",
        collages if result.name != IMG2DATASET else f"({collages})",
        times,
        f"{result.cpu_per_thousand:.2f}",
        cpu_times,
        f"{result.start_seconds:.1f}",
        f"{result.peak_mb:.0f}",
        _NOTHING if result.collage_bytes is None else f"{result.collage_bytes / 1000:.0f}",
        _NOTHING if result.ssim is None else f"{result.ssim:.4f}",
    ]


def _to_json(result: CollageResult) -> dict[str, Any]:
    return {
        **asdict(result),
        "collages_per_second": result.collages_per_second,
        "images_per_second": result.images_per_second,
        "cpu_seconds_per_1000_covers": result.cpu_per_thousand,
    }
