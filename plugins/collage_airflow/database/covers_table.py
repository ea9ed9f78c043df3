"""The table of covers as a DAG names it: its fields may be templates of Airflow."""

import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Self, override

from collage_core.database import covers_table

_TEMPLATE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class CoversTable(covers_table.CoversTable):
    """The table of covers and its columns, by their names without any quotes of SQL.

    A field may be a template of Airflow, such as "covers_{{ window_start.strftime('%Y%m') }}".

    Raises SettingError for a name that is not possible. The check task asks the database whether
    the names exist, and whether the columns contain what the settings say.
    """

    @override
    def _is_final(self, field: str) -> bool:
        # A template is checked once it is rendered.
        return not is_template(getattr(self, field) or "")

    def rendered(self, render: Callable[[str], str]) -> Self:
        """The settings of one run: each field that is a template is rendered by `render`."""
        given: dict[str, str | None] = asdict(self)
        templates = {field: text for field, text in given.items() if text and is_template(text)}
        return replace(self, **{field: render(text) for field, text in templates.items()})


def is_template(text: str) -> bool:
    """Whether Airflow must render a field before it can be used."""
    return _TEMPLATE.search(text) is not None
