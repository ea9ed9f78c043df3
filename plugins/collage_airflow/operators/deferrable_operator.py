"""The base of the steps that are deferred, and that end even if no triggerer is alive.

Only the triggerer checks a trigger's own deadline. The scheduler checks the `timeout` of a
deferral: without one, a task whose triggerer is dead stays deferred forever.
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
"""Added to the latest time at which the trigger should fire, to get the deferral's timeout.

A triggerer that restarts, or that replaces a dead one, needs a minute or two.
"""

NO_TRIGGERER = (
    "no triggerer ended this task's deferral in time: see that one is alive (`airflow triggerer`; "
    "Airflow's home page shows its health)"
)
"""Logged when the scheduler had to end a deferral."""


class DeferrableOperator(BaseOperator):
    """A step that continues after a deferral, with the trigger's event or without a triggerer.

    A subclass has `execute_complete`, which is called with the context, the `event`, and the
    further arguments of `defer_to`.
    """

    def defer_to(self, trigger: "BaseTrigger", *, at_most: timedelta, **given: Any) -> NoReturn:
        """Defer the task until the event of a trigger.

        Args:
            trigger: runs in a triggerer, if one is alive.
            at_most: the longest time that this should take if a triggerer is alive.
            given: further arguments of `execute_complete`; Airflow stores them as JSON.
        """
        self.defer(
            trigger=trigger,
            method_name="execute_complete",
            kwargs=given,
            timeout=at_most + TRIGGERER_SLACK,
        )

    @abstractmethod
    def execute_without_triggerer(self, context: "Context") -> Any:
        """Look one last time, and end. Called after a deferral that no triggerer ended."""

    @override
    def resume_execution(
        self, next_method: str, next_kwargs: dict[str, Any] | None, context: "Context"
    ) -> Any:
        """Called by Airflow after a deferral; `next_method` says how it ended."""
        try:
            return super().resume_execution(next_method, next_kwargs, context)
        except TaskDeferralTimeout:
            self.log.warning("%s", NO_TRIGGERER)
        return self.execute_without_triggerer(context)


def now() -> datetime:
    """The present time of this machine's clock, aware and in UTC."""
    return datetime.now(UTC)
