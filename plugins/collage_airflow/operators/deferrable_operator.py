"""The base of the steps that are deferred, and that end also when no triggerer is alive.

A trigger's own deadline is looked at in the triggerer alone. Without a `timeout` of the deferral,
which Airflow's scheduler looks at, a task whose triggerer is dead is deferred for ever.
"""

from abc import abstractmethod
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NoReturn, override

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import TaskDeferralTimeout

if TYPE_CHECKING:
    from airflow.sdk import Context
    from airflow.triggers.base import BaseTrigger

TRIGGERER_SLACK = timedelta(minutes=10)
"""What a deferral's timeout adds to the moment at which its trigger should fire at the latest.

A triggerer that is restarted, or that takes over from a dead one, needs a minute or two.
"""

NO_TRIGGERER = (
    "no triggerer ended this task's deferral in time: see that one is alive (`airflow triggerer`; "
    "Airflow's home page shows its health)"
)
"""What is wrong, and how to fix it, when the scheduler had to."""


class DeferrableOperator(BaseOperator):
    """A step that goes on after a deferral, with the trigger's event or without a triggerer.

    A subclass has `execute_complete`, which is called with the context, the `event`, and what
    `defer_to` was given for it.
    """

    def defer_to(self, trigger: "BaseTrigger", *, at_most: timedelta, **given: Any) -> NoReturn:
        """Defer the task until the event of a trigger.

        Args:
            trigger: watched by a triggerer, if one is alive.
            at_most: the longest that this should take while one is alive.
            given: further arguments of `execute_complete`; Airflow writes them down as JSON.
        """
        self.defer(
            trigger=trigger,
            method_name="execute_complete",
            kwargs=given,
            timeout=at_most + TRIGGERER_SLACK,
        )

    @abstractmethod
    def execute_without_triggerer(self, context: "Context") -> Any:
        """Look a last time, and end, after a deferral that no triggerer ended."""

    @override
    def resume_execution(
        self, next_method: str, next_kwargs: dict[str, Any] | None, context: "Context"
    ) -> Any:
        """Called by Airflow after a deferral; `next_method` says how that ended."""
        try:
            return super().resume_execution(next_method, next_kwargs, context)
        except TaskDeferralTimeout:
            self.log.warning("%s", NO_TRIGGERER)
        return self.execute_without_triggerer(context)


def now() -> datetime:
    """The moment by this machine's clock, aware and in UTC."""
    return datetime.now(UTC)
