"""The tree of errors that `errors` draws is the tree that there is."""

import re
from importlib import import_module
from pkgutil import walk_packages

import collage_airflow
import collage_core
import lambda_pkg
from collage_core import errors
from collage_core.errors import CollageError, PermanentError, TransientError

_ROW = re.compile(r"^    (?P<indent>[│├└─ ]*)(?P<name>\w+Error)\b", re.MULTILINE)


def all_errors(base: type[CollageError]) -> set[type[CollageError]]:
    children = set(base.__subclasses__())
    return children.union(*map(all_errors, children))


def test_the_drawing_names_every_error_below_its_parent() -> None:
    for package in (collage_core, collage_airflow, lambda_pkg):
        for module in walk_packages(package.__path__, f"{package.__name__}."):
            if module.name.rpartition(".")[2] not in {"__main__", "handler"}:  # these run
                import_module(module.name)
    drawn: dict[str, str] = {}
    path: list[tuple[int, str]] = []
    for row in _ROW.finditer(errors.__doc__ or ""):
        depth, name = len(row["indent"]), row["name"]
        path = [(above, parent) for above, parent in path if above < depth]
        drawn[name] = path[-1][1] if path else "Exception"
        path.append((depth, name))
    there = {error.__name__: error.__bases__[0].__name__ for error in all_errors(CollageError)}
    assert drawn == {"CollageError": "Exception"} | there


def test_every_error_says_whether_a_retry_helps() -> None:
    kinds = all_errors(PermanentError) | all_errors(TransientError)
    others = all_errors(CollageError) - kinds - {PermanentError, TransientError}
    assert {error.__name__ for error in others} == {
        "ConditionFailedError", "PlanReplacedError", "RunStoppedError"
    }  # fmt: skip
