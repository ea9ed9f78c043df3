"""The conf that a DAG run was triggered with: every key must be known here.

Airflow merges a conf into the params and checks the values of those that the DAG declares. It
accepts any other key silently (airflow.sdk.definitions.param, `process_params`). A run with
`windows_start` would then read another window than the one that was asked for.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from collage_core.contract.options import OPTIONS
from collage_core.contract.wording import shown
from collage_core.errors import SettingError

if TYPE_CHECKING:
    from airflow.sdk import Context
    from airflow.sdk.types import DagRunProtocol

PARAM_NAMES = frozenset({"window_start", "window_end", *OPTIONS, "output_prefix", "dispatch_by"})
"""The params of every run."""

_OF_AIRFLOW = ("airflow/", "_airflow", "openlineage")
"""The beginnings of keys that Airflow and its OpenLineage provider put into a conf, such as
airflow/task_span_detail_level (airflow._shared.observability.traces)."""


def declared_params(context: "Context") -> set[str]:
    """The params that the DAG and the task declare, in addition to those of every DAG here."""
    holders = (context.get("dag"), context.get("task"))
    return {name for holder in holders for name in getattr(holder, "params", None) or {}}


def check_conf(
    dag_run: "DagRunProtocol", params: Mapping[str, Any], declared: Iterable[str] = ()
) -> None:
    """Refuse a conf with keys that would be ignored. Raises SettingError naming them.

    Args:
        dag_run: whose conf it is.
        params: the task's params, into which Airflow has merged the conf.
        declared: params of the DAG in addition to PARAM_NAMES.
    """
    if lines := list(_passed_over(dag_run, params, {*PARAM_NAMES, *declared})):
        raise SettingError("; ".join(lines))


def _passed_over(
    dag_run: "DagRunProtocol", params: Mapping[str, Any], known: set[str]
) -> Iterator[str]:
    conf = getattr(dag_run, "conf", None) or {}
    for key in dict.fromkeys([*conf, *params]):
        if key not in known:
            if not key.startswith(_OF_AIRFLOW):
                yield _unknown(key, known)
        elif key in conf and params.get(key) != conf[key]:
            yield (
                f"{key} of the conf is {shown(conf[key])} and does not reach the run: set "
                "[core] dag_run_conf_overrides_params of Airflow to True"
            )


def _unknown(key: str, known: set[str]) -> str:
    meant = _nearest(key, known)
    return (
        f"{key!r} in the conf of this run is not a param of its DAG: "
        + (f"write {meant}" if meant else "remove it")
        + f"; the params are {', '.join(sorted(known))}"
    )


def _nearest(key: str, known: set[str]) -> str | None:
    """The param with the same words in any order and case, or the one with the closest letters."""
    words, letters = {}, {}
    for name in sorted(known):
        words[tuple(sorted(_words(name)))] = name
        letters["".join(_words(name))] = name
    near = get_close_matches("".join(_words(key)), letters, n=1, cutoff=0.65)
    return words.get(tuple(sorted(_words(key)))) or (letters[near[0]] if near else None)


def _words(name: str) -> list[str]:
    return [word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+|[0-9]+", name)]
