"""The worker's settings: the shared ones, of which a worker requires one more."""

from collections.abc import Mapping

from collage_core.errors import SettingError
from collage_core.settings import Settings


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Return the settings in `environ`. Raises SettingError naming the first unusable one."""
    settings = Settings.from_env(environ)
    if not settings.chunk_queue_url:
        raise SettingError(
            "CHUNK_QUEUE_URL is empty: set it to the URL of the queue that feeds this function; "
            "chunks of larger CSVs and chunks that ran out of time are sent there"
        )
    return settings
