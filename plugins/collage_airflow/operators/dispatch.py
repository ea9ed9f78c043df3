"""The dispatch task: one message or one invocation per chunk that has no receipt yet."""

from typing import TYPE_CHECKING, override

from collage_airflow.operators.sending_operator import SendingOperator
from collage_airflow.stop_variable import apply_stop_variable, refuse_if_stopped
from collage_core.run.dispatch import resume

if TYPE_CHECKING:
    from airflow.sdk import Context


class DispatchOperator(SendingOperator):
    """Sends every chunk that is not done to the workers; sending one twice does no harm.

    A run that was stopped goes on with that. Raises SettingError, and sends nothing, while the
    Variable `cover_collage_stop` still names the run, or while all runs are stopped.
    """

    @override
    def execute(self, context: "Context") -> dict[str, int]:
        run = self.open_run()

        def require_may_go_on() -> None:
            request = apply_stop_variable(context, run.store, run.settings, self.log)
            names = (self.run_id, context["dag_run"].run_id)
            refuse_if_stopped(request, names, run.store, run.settings)

        sent = resume(run, self.sender(context, run.settings), require_may_go_on)
        done = len(run.manifest.chunks) - sent
        self.log.info("✓ Dispatched %s chunks, %s had their receipt already", sent, done)
        return {"sent": sent, "done_before": done}
