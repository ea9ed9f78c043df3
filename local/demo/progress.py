"""Shows the progress of a run: one live line on a terminal, one line per change elsewhere."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rich.console import Console

_MARKS = {
    "success": "[green]✓[/]",
    "failed": "[red]✗[/]",
    "running": "[yellow]▶[/]",
    "queued": "[yellow]▶[/]",
    "deferred": "[yellow]…[/]",
    "up_for_retry": "[red]↻[/]",
}


@dataclass(frozen=True, slots=True)
class Progress:
    """The state of a run."""

    tasks: Mapping[str, str | None]
    """Airflow's state of each task in the order of their start; None before it starts."""
    receipts: int
    chunks: int
    """0 before the CSV is extracted."""
    seconds: float

    @property
    def line(self) -> str:
        """The tasks, each with a mark, and the number of finished chunks."""
        tasks = " ".join(
            f"{_MARKS.get(state or '', '·')} {name}" for name, state in self.tasks.items()
        )
        chunks = f"  chunks {self.receipts}/{self.chunks}" if self.chunks else ""
        return f"{tasks}{chunks}"


def show(console: Console, steps: Iterable[Progress]) -> None:
    """Show each step as it comes."""
    last = ""
    with console.status("waiting for Airflow") as status:  # shows nothing unless it is a terminal
        for step in steps:
            status.update(f"{step.line}  {step.seconds:.0f} s")
            if step.line != last and not console.is_terminal:
                console.print(f"{step.seconds:4.0f} s  {step.line}", soft_wrap=True)
            last = step.line
    if console.is_terminal:
        console.print(last)
