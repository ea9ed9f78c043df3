from dataclasses import fields
from pathlib import Path

import pytest

from collage_core.contract.cell_size import CELL_SIZES, CellSize
from collage_core.contract.config import ProcessingConfig
from collage_core.contract.gravity import Gravity
from collage_core.contract.options import OPTIONS
from collage_core.errors import SettingError
from collage_core.hosts.host_limits import HostLimits
from collage_core.hosts.request_headers import RequestHeaders
from collage_core.settings import Settings

EXAMPLES = {
    "INPUT_BUCKET": ("in-bucket", "in-bucket"),
    "OUTPUT_BUCKET": ("out-bucket", "out-bucket"),
    "TEMP_BUCKET": ("temp-bucket", "temp-bucket"),
    "DEFAULT_ROWS": ("6", 6),
    "DEFAULT_COLS": ("4", 4),
    "DEFAULT_QUALITY": ("80", 80),
    "DEFAULT_MAX_WORKERS": ("16", 16),
    "DEFAULT_TIMEOUT": ("10", 10),
    "DEFAULT_MAX_RETRIES": ("0", 0),
    "DEFAULT_TRIM": ("False", False),
    "DEFAULT_FIT": ("blur", "blur"),
    "DEFAULT_GRAVITY": ("center", "center"),
    "DEFAULT_GUTTER": ("8", 8),
    "DEFAULT_MARGIN": ("20", 20),
    "DEFAULT_BACKGROUND": ("#FFffff", "#FFffff"),
    "DEFAULT_CORNER": ("12", 12),
    "DEFAULT_LABELS": ("date", "date"),
    "DEFAULT_TITLE": (" {creator}, {start} to {end}", "{creator}, {start} to {end}"),
    "DEFAULT_ORDER": ("oldest", "oldest"),
    "DEFAULT_FORMAT": ("webp", "webp"),
    "DEFAULT_PROGRESSIVE": ("yes", True),
    "DEFAULT_MAX_BYTES": ("500000", 500_000),
    "DEFAULT_MAX_IMAGES_PER_CREATOR": ("12", 12),
    "CELL_SIZE": ("360x480", CellSize(360, 480)),
    "ENABLE_DEBUG_LOGGING": ("True", True),
    "METRICS_NAMESPACE": ("Cover/Collage", "Cover/Collage"),
    "METRICS_ENVIRONMENT": ("staging", "staging"),
    "ALLOWED_SOURCE_HOSTS": ("*.CDN.example, 127.0.0.1 ,", ("*.cdn.example", "127.0.0.1")),
    "REQUEST_HEADERS": (
        '{"*.cdn.example": {"Referer": "https://www.example/"}}',
        RequestHeaders({"*.cdn.example": {"Referer": "https://www.example/"}}),
    ),
    "HOST_LIMITS": (
        '{"*.CDN.example": 200, "covers.example": 0.5}',
        HostLimits({"*.cdn.example": 200, "covers.example": 0.5}),
    ),
    "BY_CREATOR_COPIES": ("no", False),
    "CHUNK_ROWS": ("500", 500),
    "KEEP_COVERS_DAYS": ("0", 0),
    "HEAL_ROUNDS": ("0", 0),
    "HEARTBEAT_SECONDS": ("5", 5),
    "FAIL_ABOVE_PERCENT": ("100", 100),
    "WARN_ABOVE_PERCENT": ("0", 0),
    "APPROVE_ABOVE_USD": ("0", 0),
    "APPROVE_ABOVE_DEAD_PERCENT": ("100", 100),
    "CHUNK_QUEUE_URL": ("https://sqs.example/1/q", "https://sqs.example/1/q"),
    "BROWSER_S3_ENDPOINT": ("http://127.0.0.1:4566", "http://127.0.0.1:4566"),
    "FUNCTION_NAME": ("my-worker:live", "my-worker:live"),
    "FUNCTION_CONCURRENCY": ("250", 250),
}


def test_without_variables_everything_has_the_documented_default() -> None:
    assert Settings.from_env({}) == Settings()
    defaults = ProcessingConfig(5, 7, 95, 8, 30, 3, trim=True, gravity=Gravity.ATTENTION)
    assert Settings().processing_config == defaults


def test_every_setting_is_the_variable_of_its_name() -> None:
    assert {field.name.upper() for field in fields(Settings)} == EXAMPLES.keys()
    for name, (text, value) in EXAMPLES.items():
        changed = Settings.from_env({name: text})
        assert getattr(changed, name.lower()) == value
        assert changed != Settings()


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_empty_variable_means_the_default(name: str) -> None:
    assert Settings.from_env({name: "  "}) == Settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("INPUT_BUCKET", "s3://tiktok-image-input"),
        ("OUTPUT_BUCKET", "Capitals"),
        ("DEFAULT_ROWS", "0"),
        ("DEFAULT_ROWS", "21"),
        ("DEFAULT_COLS", "7.0"),
        ("DEFAULT_QUALITY", "101"),
        ("DEFAULT_QUALITY", "high"),
        ("DEFAULT_MAX_WORKERS", "-1"),
        ("DEFAULT_TIMEOUT", "1_0"),
        ("DEFAULT_MAX_RETRIES", "+3"),
        ("DEFAULT_TRIM", "maybe"),
        ("DEFAULT_FIT", "cover"),
        ("DEFAULT_GRAVITY", "south"),
        ("DEFAULT_GUTTER", "101"),
        ("DEFAULT_MARGIN", "-1"),
        ("DEFAULT_BACKGROUND", "red"),
        ("DEFAULT_CORNER", "1.5"),
        ("DEFAULT_LABELS", "Date"),
        ("DEFAULT_TITLE", "{name}"),
        ("DEFAULT_ORDER", "random"),
        ("DEFAULT_FORMAT", "jpeg"),
        ("DEFAULT_PROGRESSIVE", "2"),
        ("DEFAULT_MAX_BYTES", "9999"),
        ("DEFAULT_MAX_IMAGES_PER_CREATOR", "0"),
        ("CELL_SIZE", "720x960"),
        ("CELL_SIZE", "480x360"),
        ("ENABLE_DEBUG_LOGGING", "maybe"),
        ("METRICS_NAMESPACE", "AWS/Lambda"),
        ("METRICS_NAMESPACE", "Cover Collage"),
        ("METRICS_NAMESPACE", "x" * 256),
        ("METRICS_ENVIRONMENT", "a b"),
        ("METRICS_ENVIRONMENT", "x" * 65),
        ("ALLOWED_SOURCE_HOSTS", "cdn.example:443"),
        ("ALLOWED_SOURCE_HOSTS", "*.cdn.example, https://cdn.example"),
        ("ALLOWED_SOURCE_HOSTS", "a.example,,b.example"),
        ("ALLOWED_SOURCE_HOSTS", " , "),
        ("CHUNK_ROWS", "٣"),
        ("CHUNK_ROWS", "9" * 5000),
        ("KEEP_COVERS_DAYS", "-1"),
        ("KEEP_COVERS_DAYS", "40 days"),
        ("FAIL_ABOVE_PERCENT", "101"),
        ("WARN_ABOVE_PERCENT", "10%"),
        ("APPROVE_ABOVE_USD", "25.50"),
        ("APPROVE_ABOVE_DEAD_PERCENT", "101"),
        ("CHUNK_QUEUE_URL", "collage-chunks"),
        ("BROWSER_S3_ENDPOINT", "127.0.0.1:4566"),
        ("FUNCTION_CONCURRENCY", "0"),
        ("FUNCTION_NAME", "my worker"),
        ("FUNCTION_NAME", "arn:aws:lambda:eu-west-1:1:function:worker"),
    ],
)
def test_a_wrong_value_names_the_variable_the_value_and_what_is_allowed(
    name: str, value: str
) -> None:
    with pytest.raises(SettingError) as refused:
        Settings.from_env({name: value})
    assert str(refused.value).startswith(f"{name} is {value!r}: it must be ")


def test_a_wrong_cell_size_is_refused_with_all_valid_ones() -> None:
    with pytest.raises(SettingError, match=r"one of 180x240, 300x400, 360x480$"):
        Settings.from_env({"CELL_SIZE": "big"})


def test_a_default_grid_that_the_cells_make_too_large_is_refused() -> None:
    grid = {"DEFAULT_ROWS": "17", "DEFAULT_COLS": "17"}
    for size in ("180x240", "300x400"):
        Settings.from_env({**grid, "CELL_SIZE": size})
    complaint = r"DEFAULT_ROWS and .* 17x17, 289 cells: of 360x480 .* most 277 fit"
    with pytest.raises(SettingError, match=complaint):
        Settings.from_env({**grid, "CELL_SIZE": "360x480"})
    with pytest.raises(SettingError, match=r"DEFAULT_ROWS and .*: with the gutter, the margin"):
        Settings.from_env({"DEFAULT_ROWS": "20", "DEFAULT_COLS": "20", "DEFAULT_GUTTER": "1"})


def test_every_run_of_the_default_cells_may_have_the_largest_grid() -> None:
    most_rows, most_cols = OPTIONS["rows"].most, OPTIONS["cols"].most
    assert Settings().cell_size.most_cells == most_rows * most_cols
    assert CELL_SIZES["180x240"].most_cells > most_rows * most_cols


def test_the_readme_names_every_setting() -> None:
    readme = (Path(__file__).parents[3] / "README.md").read_text()
    for name in EXAMPLES:
        assert f"`{name}`" in readme


def test_covers_per_creator_follow_the_grid_unless_a_limit_is_set() -> None:
    grid = ProcessingConfig(rows=6, cols=6)
    assert Settings().covers_per_creator(ProcessingConfig()) == 35
    assert Settings().covers_per_creator(grid) == 36
    assert Settings(default_max_images_per_creator=10).covers_per_creator(grid) == 10
    assert Settings(default_max_images_per_creator=50).covers_per_creator(grid) == 36
