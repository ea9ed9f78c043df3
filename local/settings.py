"""The product's settings in the twin: what a deployment would set, no more."""

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
