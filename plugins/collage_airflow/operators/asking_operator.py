"""The base of the steps that may ask a person, in Airflow's own pages and API.

The provider's ApprovalOperator always asks. Here a subclass decides that. While it waits for the
answer, the task is `awaiting_input`: it takes no worker and no triggerer, and the scheduler ends it
when `response_timeout` is over. An `execution_timeout` would only limit the seconds before that.
"""

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, NoReturn, override

from collage_airflow.notifications import when_asked

try:
    from airflow.providers.standard.operators.hitl import ApprovalOperator, HITLOperator
except ImportError as error:
    raise ImportError(
        f"Airflow cannot import the ApprovalOperator of its standard provider ({error}), so no run "
        "can ask for approval: install apache-airflow-providers-standard as requirements.txt "
        "has it"
    ) from error

if TYPE_CHECKING:
    from airflow.sdk import Context


class AskingOperator(ApprovalOperator):
    """A step with the two options Approve and Reject, which asks only when it calls `ask`.

    A subclass says what comes of each answer. `response_timeout` is how long it waits for one.
    """

    def __init__(self, **kwargs: Any) -> None:
        # The words are known when the task runs.
        super().__init__(subject="", body="", **kwargs)

    def ask(self, context: "Context", *, subject: str, body: str) -> NoReturn:
        """End this part of the task, and wait for the answer.

        Whoever has a notification of failures gets one of the question, too. A notification that
        fails changes nothing.
        """
        self.subject, self.body = subject, body
        for tell in when_asked():
            try:
                tell(context)
            except Exception:
                self.log.warning("The question could not be sent to a person", exc_info=True)
        self.log.info("Asks for approval on the page of this task: %s\n%s", subject, body)
        # It raises what parks the task.
        HITLOperator.execute(self, context)
        raise AssertionError("the standard provider did not wait for an answer")

    @override
    def execute_complete(self, context: "Context", event: dict[str, Any]) -> Any:
        """Called by Airflow with the answer, or when `response_timeout` is over."""
        if event.get("error_type") == "timeout":
            return self.unanswered(context)
        given = HITLOperator.execute_complete(self, context, event)
        by = given["responded_by_user"]
        name = by["name"] if by else "nobody"
        if given["chosen_options"] == [self.APPROVE]:
            self.log.info("✓ Approved by %s", name)
            return self.approved(context, name)
        return self.refused(context, name)

    @abstractmethod
    def approved(self, context: "Context", name: str) -> Any:
        """Go on: the user of that name has approved it."""

    @abstractmethod
    def refused(self, context: "Context", name: str) -> Any:
        """End: the user of that name has refused it."""

    @abstractmethod
    def unanswered(self, context: "Context") -> Any:
        """End: nobody has answered."""
