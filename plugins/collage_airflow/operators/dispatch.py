"""The dispatch task: one message or one invocation per chunk that has no receipt yet."""

from typing import TYPE_CHECKING, override

from collage_airflow.operators.sending_operator import SendingOperator
from collage_core.run.dispatch import dispatch

if TYPE_CHECKING:
    from airflow.sdk import Context


class DispatchOperator(SendingOperator):
    """Sends every chunk that is not done to the workers; sending one twice does no harm."""

    @override
    def execute(self, context: "Context") -> dict[str, int]:
        run = self.open_run()
        sent = dispatch(run, self.sender(context, run.settings))
        done = len(run.manifest.chunks) - sent
        self.log.info("✓ Dispatched %s chunks, %s had their receipt already", sent, done)
        return {"sent": sent, "done_before": done}
