"""A program that takes part in a benchmark, and whether it can run on this machine."""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Contender[Load]:
    """One way to do the work of a track, or a part of it. Tracks add what their checks need."""

    title: str
    """Its name in tables and messages; no other contender of a race has it."""
    command: Callable[[Load], Sequence[str]]
    """The program and its arguments for a load."""
    _: KW_ONLY
    environment: Mapping[str, str] = field(default_factory=dict)
    """Variables of its process, besides those that all contenders of the track get."""
    prints_work: bool = True
    """Whether the last line of its output is a `Work`. If not, its whole run counts as work."""


def python_module(module: str, *arguments: str, python: str = sys.executable) -> list[str]:
    """The command that runs a module of this repository with a Python interpreter."""
    return [python, "-m", module, *arguments]


def split_by_hindrance[C: Contender[Any]](
    contenders: Sequence[C], hindrance: Callable[[C], str | None]
) -> tuple[list[C], dict[str, str]]:
    """Separate the contenders that can run from those that cannot.

    Args:
        contenders: all that were asked for.
        hindrance: why a contender cannot run here, or None if it can.

    Returns the contenders that can run, and the reasons of the others by title.
    """
    reasons = {contender.title: hindrance(contender) for contender in contenders}
    able = [contender for contender in contenders if reasons[contender.title] is None]
    return able, {title: reason for title, reason in reasons.items() if reason is not None}
