"""What a person lets go on."""

from collage_core.run.stop import go_on, see_stop
from collage_core.settings import Settings
from collage_core.storage.object_store import ObjectStore


def let_go_on(store: ObjectStore, settings: Settings, run_id: str | None) -> None:
    """Let a run go on, or all that are not stopped themselves (None), if it is stopped."""
    seen = see_stop(store, settings, run_id)
    if seen is not None:
        go_on(store, settings, seen)
