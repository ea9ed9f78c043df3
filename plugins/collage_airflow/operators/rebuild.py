"""The rebuild task: the statistics of the days and months that changed, whoever changed them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, override

from collage_airflow.operators.aws_operator import AwsOperator
from collage_airflow.settings import read_settings
from collage_core.errors import MessageError
from collage_core.run.rebuild import rebuild_statistics

if TYPE_CHECKING:
    from airflow.sdk import Context


class RebuildOperator(AwsOperator):
    """Rebuilds the statistics of all months whose summaries or batch results changed.

    With the param `every_month`, it rebuilds those that did not change, too. A month with a
    document that cannot be read does not stop the others; the task fails after them.
    """

    @override
    def execute(self, context: "Context") -> dict[str, Any]:
        every_month = bool(context["params"].get("every_month"))
        rebuilt = rebuild_statistics(self.store, read_settings(), every_month=every_month)
        self.log.info(
            "✓ Rebuilt %s months of runs (%s) and %s of covers (%s)",
            len(rebuilt.months),
            _listed(rebuilt.months),
            len(rebuilt.covers_months),
            _listed(rebuilt.covers_months),
        )
        if rebuilt.problems:
            raise MessageError("\n".join(rebuilt.problems))
        return {"months": rebuilt.months, "covers_months": rebuilt.covers_months}


def _listed(months: Sequence[str]) -> str:
    return ", ".join(months) or "none"
