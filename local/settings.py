"""The product's settings in the twin: only those that any deployment sets."""

from msgspec.structs import replace

from collage_core.layout import keys
from collage_core.settings import Settings
from deploy.limits import Buckets, Limits, read_limits

INPUT_BUCKET = "tiktok-image-input"
OUTPUT_BUCKET = "tiktok-image-output"
TEMP_BUCKET = "tiktok-image-temp"


def product_settings(*, queue_url: str, covers_host: str = "127.0.0.1") -> dict[str, str]:
    """Environment variables for both Airflow and the function; covers come from `covers_host`.

    All other settings keep the defaults of `collage_core.settings`.
    """
    return {
        "INPUT_BUCKET": INPUT_BUCKET,
        "OUTPUT_BUCKET": OUTPUT_BUCKET,
        "TEMP_BUCKET": TEMP_BUCKET,
        "CHUNK_QUEUE_URL": queue_url,
        "FUNCTION_CONCURRENCY": str(twin_limits().queue_mapping.maximum_concurrency),
        # Small chunks, so that the demo's thousand rows make several.
        "CHUNK_ROWS": "100",
        # Some sample covers hang on purpose. So near, five seconds are enough to see it.
        "DEFAULT_TIMEOUT": "5",
        # The cover server has a private address, which is allowed only if it is named here.
        "ALLOWED_SOURCE_HOSTS": covers_host,
    }


def twin_limits() -> Limits:
    """The numbers of `deploy/limits.json`, except those that are too large for a small machine.

    Raises DeployError when the file cannot be used.
    """
    limits = read_limits()
    # One worker for each core of the smallest machine that this runs on.
    return replace(limits, queue_mapping=replace(limits.queue_mapping, maximum_concurrency=2))


def keeping_covers(limits: Buckets, settings: Settings) -> Buckets:
    """The buckets with a temp bucket that keeps covers for as long as the setting says."""
    days = {**limits.temp.expire_after_days, keys.DOWNLOADS: settings.keep_covers_days}
    if not settings.keep_covers_days:
        del days[keys.DOWNLOADS]
    return replace(limits, temp=replace(limits.temp, expire_after_days=days))
