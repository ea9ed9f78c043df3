"""How the fields of a trigger form look: their names, their defaults, their bounds.

The form of Airflow 3.3 shows the title of a field and not its name, though errors name it. And it
moves a number beyond `maximum` to the bound as soon as the field is left: 99 rows would silently
become 20. So each title begins with the name, and bounds stand where only the API reads them.
"""

import re
from collections.abc import Mapping
from typing import Any

from airflow.sdk import Param

from collage_airflow.settings import read_settings
from collage_core.errors import SettingError

_SETTING = re.compile(r"the setting ([A-Z_]+)")
_BOUNDS = ("minimum", "maximum")


def as_shown(params: Mapping[str, Param], *, section: str | None = None) -> dict[str, Param]:
    """The same fields in the same order, as the form should show them.

    Those without a section of their own come into `section`; None: the one that is open at first.

    Where a description names a setting, it also gets its present value. The values are read when
    the DAG is parsed; what a run uses is read when it runs.
    """
    return {name: _field(name, param, section) for name, param in params.items()}


def _field(name: str, param: Param, section: str | None) -> Param:
    schema = {key: value for key, value in param.schema.items() if key not in _BOUNDS}
    bounds = {key: param.schema[key] for key in _BOUNDS if key in param.schema}
    if bounds:
        schema["allOf"] = [bounds]
    if section is not None:
        schema.setdefault("section", section)
    title = schema.get("title", name)
    # "JPEG quality" keeps its capitals, "Rows of the grid" does not.
    start = title if title[1:2].isupper() else title[0].lower() + title[1:]
    schema["title"] = f"{name}: {start}"
    return Param(param.value, _with_values(param.description), schema=schema)


def _with_values(description: str | None) -> str | None:
    if description is None:
        return None
    try:
        settings: Any = read_settings()
    except SettingError:
        return description  # `check` names it; the DAG must be there to be triggered
    return _SETTING.sub(lambda found: _value(found, settings), description)


def _value(found: re.Match[str], settings: Any) -> str:
    name = found[1].lower()
    if not hasattr(settings, name):
        return found[0]
    value = getattr(settings, name)
    if isinstance(value, bool):
        value = str(value).lower()  # as it is written in a conf and in the menu
    return f"{'none' if value in (None, '') else value}, the setting {found[1]}"
