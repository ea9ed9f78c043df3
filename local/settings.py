"""The product's settings in the twin: what a deployment would set, no more."""

from msgspec.structs import replace

from deploy.limits import Limits, read_limits

INPUT_BUCKET = "tiktok-image-input"
OUTPUT_BUCKET = "tiktok-image-output"
TEMP_BUCKET = "tiktok-image-temp"


def product_settings(*, queue_url: str) -> dict[str, str]:
    """Environment variables for both sides, Airflow and the function.

    What is not here keeps the default of `collage_core.settings`.
    """
    return {
        "INPUT_BUCKET": INPUT_BUCKET,
        "OUTPUT_BUCKET": OUTPUT_BUCKET,
        "TEMP_BUCKET": TEMP_BUCKET,
        "CHUNK_QUEUE_URL": queue_url,
        # A thousand rows shall be several chunks, or there would be nothing to see.
        "CHUNK_ROWS": "100",
        # Some sample covers hang on purpose: on loopback, five seconds are as good as thirty.
        "DEFAULT_TIMEOUT": "5",
        # The cover server is on loopback, which only a literal name here opens.
        "ALLOWED_SOURCE_HOSTS": "127.0.0.1",
    }


def twin_limits() -> Limits:
    """The numbers of `deploy/limits.json`, except for what one small machine cannot do.

    Raises DeployError when the file cannot be used.
    """
    limits = read_limits()
    # As many workers as the smallest machine that this runs on has cores.
    return replace(limits, queue_mapping=replace(limits.queue_mapping, maximum_concurrency=2))
