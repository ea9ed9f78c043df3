"""Races of programs that print which requests they have made."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass

from benchmarks.harness.contender import Contender, python_module
from benchmarks.harness.errors import BenchmarkError
from benchmarks.harness.race import race, run_contender
from benchmarks.harness.result import Result
from benchmarks.orchestration.servers import Servers

_PROGRAMS = "benchmarks.orchestration.contenders"

type RunContender = Contender[str]
"""Its load is the id of a run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedResult(Result):
    """What a contender took, and the requests to AWS that it made; the same in every round."""

    requests: Mapping[str, int]

    @property
    def all_requests(self) -> int:
        """Of all operations together."""
        return sum(self.requests.values())


def contender(title: str, program: str, *arguments: object) -> RunContender:
    """A program of `contenders/`, which gets the run and then these arguments."""
    module, further = f"{_PROGRAMS}.{program}", [str(each) for each in arguments]
    return Contender(title, lambda run_id: python_module(module, run_id, *further))


def counted_race(
    servers: Servers,
    run_id: str,
    contenders: Sequence[RunContender],
    *,
    rounds: int,
    check: Callable[[bool | int], str | None],
) -> list[CountedResult]:
    """The best of several rounds for each contender, in the order of `contenders`.

    `check` is called with the answer of each after its run, and says what is wrong. Raises
    BenchmarkError with that, and when one fails.
    """

    def run(one: RunContender, _number: int) -> CountedResult:
        output = servers.folder.of("output")
        result = run_contender(
            one,
            run_id,
            output=output,
            log=servers.folder.logs / "contender.log",
            environment=servers.environment(),
        )
        told = json.loads([line for line in output.read_bytes().splitlines() if line.strip()][-2])
        if (wrong := check(told["answer"])) is not None:
            raise BenchmarkError(f"{one.title}: {wrong}")
        return CountedResult(**asdict(result), requests=told["requests"])

    return race(contenders, run, rounds=rounds)
