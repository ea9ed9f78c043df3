"""What can go wrong, declared at the tests that try it; docs/failures.md is made of that.

`make failures` writes the page. The declarations are read from the source of the tests, not by
importing them, so that no server and no Airflow is needed. `soak/` is left out: what it tries at
random moments has a line at a test that tries it at one moment.
"""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, Final

REPO: Final = Path(__file__).resolve().parents[2]
PAGE: Final = REPO / "docs" / "failures.md"
_TESTS = REPO / "tests"
_FIELDS = ("fault", "happens", "sees", "fix")


class Where(Enum):
    """Where a fault happens: the sections of the page, in their order."""

    DATABASE = "Database"
    CSV = "CSV"
    QUEUE = "Queue and workers"
    S3 = "S3"
    DOCUMENTS = "Documents of a run"
    AIRFLOW = "Airflow"
    COVERS = "Covers"
    DEPLOYMENT = "Deployment"


def failure[Test: Callable[..., Any]](
    where: Where, *, fault: str, happens: str, sees: str, fix: str
) -> Callable[[Test], Test]:
    """Declare what the test tries: a line of docs/failures.md.

    All texts are literals in Markdown. `sees` is what an operator sees, with a message in
    backticks; `fix` is what to do, "nothing" if it heals by itself.
    """
    del where, fault, happens, sees, fix  # read from the source
    return lambda test: test


@dataclass(frozen=True, slots=True)
class Failure:
    """One line of the page, and the test that tries it."""

    where: Where
    fault: str
    happens: str
    sees: str
    fix: str
    test: str
    """The name of the test function."""
    file: Path
    """Relative to the repository."""


def declared(tests: Path = _TESTS) -> list[Failure]:
    """All declarations below a folder of tests, by their place, in the order of the files.

    Raises ValueError for a declaration that is not made of literals, or not at a test.
    """
    found = [one for path in sorted(tests.rglob("test_*.py")) for one in _of_file(path)]
    order = list(Where)
    return sorted(found, key=lambda one: order.index(one.where))


def page(failures: list[Failure]) -> str:
    """The page in Markdown."""
    parts = [_HEAD]
    for where in Where:
        lines = [one for one in failures if one.where is where]
        if lines:
            parts.append(f"\n## {where.value}\n\n{_COLUMNS}")
            parts += [_line(one) for one in lines]
    return "".join(parts)


_HEAD = """\
# What can go wrong

What happens when something fails, what you see of it, and what to do. Every line is a test of the \
name in the last column, which tries that fault; `make failures` writes this page from the tests. \
What a task or a message of your own run says goes first: it names the object, the value and the \
fix.
"""
_COLUMNS = "| fault | what happens | what you see | what to do | test |\n|---|---|---|---|---|\n"


def _line(one: Failure) -> str:
    sentence = one.test.removeprefix("test_").replace("_", " ")
    texts = [getattr(one, name) for name in _FIELDS]
    return f"| {' | '.join([*texts, f'[{sentence}](../{one.file})'])} |\n"


def _of_file(path: Path) -> Iterator[Failure]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            for decorator in node.decorator_list:
                if isinstance(decorator, ast.Call) and _is_failure(decorator.func):
                    yield _read(decorator, node.name, path)


def _is_failure(function: ast.expr) -> bool:
    return isinstance(function, ast.Name) and function.id == failure.__name__


def _read(call: ast.Call, test: str, path: Path) -> Failure:
    at = f"{path}:{call.lineno}"
    if not test.startswith("test_"):
        raise ValueError(f"{at}: {test} is no test")
    match call.args:
        case [ast.Attribute(attr=where)]:
            place = Where[where]
        case _:
            raise ValueError(f"{at}: the first argument must be a member of Where")
    try:
        texts = {str(word.arg): ast.literal_eval(word.value) for word in call.keywords}
    except ValueError as error:
        raise ValueError(f"{at}: the texts must be literals") from error
    for name, text in texts.items():
        if not text or "|" in text or "\n" in text:
            raise ValueError(f"{at}: {name} is empty or would break the table")
    return Failure(where=place, test=test, file=path.relative_to(REPO), **texts)


if __name__ == "__main__":
    PAGE.write_text(page(declared()), encoding="utf-8")
