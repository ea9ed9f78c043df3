"""What `wait` asks at each look at a run: its trigger's Watch, over Airflow's connection.

The trigger also reads Airflow's Variable that stops runs, which asks Airflow and not AWS. When
nothing is new for three minutes, it asks the queue, too.

Run as `python -m benchmarks.orchestration.contenders.look RUN_ID`.
"""

import asyncio
import logging
import sys
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from airflow.providers.amazon.aws.hooks.s3 import S3Hook

from benchmarks.orchestration.contenders.counted import Requests
from benchmarks.orchestration.planned_run import SETTINGS
from collage_airflow.settings import AWS_CONNECTION
from collage_airflow.triggers.run_folder import RunFolder, ask_queue
from collage_airflow.triggers.watch import Watch
from collage_core.run.heal import Sending


def main(run_id: str) -> None:
    """Look once; report whether the wait is over."""
    requests, stack = Requests(), AsyncExitStack()
    with asyncio.Runner() as runner:
        client = runner.run(_client(stack))
        folder = RunFolder(client, SETTINGS.temp_bucket, run_id)
        now = datetime.now(UTC)
        watch = Watch(
            runner.run(folder.manifest()),
            deadline=now + timedelta(hours=12),
            since=now,
            sending=Sending(now, SETTINGS.heal_rounds),
            stale_seconds=SETTINGS.stale_seconds,
            ask_queue=partial(ask_queue, AWS_CONNECTION, SETTINGS.chunk_queue_url),
            stopped=folder.stop_reason,
            named_until=None,
            log=logging.getLogger(__name__),
        )
        requests.watch(client)
        requests.report(lambda: runner.run(watch.look(folder)) is not None)
        runner.run(stack.aclose())


async def _client(stack: AsyncExitStack) -> Any:
    hook = S3Hook(aws_conn_id=AWS_CONNECTION)
    opened = await hook.get_async_conn()  # type: ignore[no-untyped-call]
    return await stack.enter_async_context(opened)


if __name__ == "__main__":
    main(*sys.argv[1:])
