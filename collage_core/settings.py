"""The settings that Airflow and Lambda share: the same names on both sides, read once, frozen.

`README.md` has a table of them; a test compares it with the fields below.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from collage_core.contract.canvas_size import check_canvas
from collage_core.contract.cell_size import CELL_SIZES, DEFAULT_CELL_SIZE, CellSize
from collage_core.contract.config import ProcessingConfig
from collage_core.contract.gravity import Gravity
from collage_core.contract.options import FLAGS, OPTIONS, Option, whole_number
from collage_core.contract.picture_options import Fit, Labels, Order, PictureFormat
from collage_core.errors import MessageError, SettingError
from collage_core.hosts.allowed_hosts import LIST_FORM, allowed_hosts
from collage_core.hosts.host_limits import LIMITS_FORM, HostLimits
from collage_core.hosts.request_headers import HEADERS_FORM, RequestHeaders

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_FUNCTION = re.compile(
    r"(arn:aws[a-z-]*:lambda:[a-z0-9-]+:[0-9]{12}:function:)?"
    r"[A-Za-z0-9_-]{1,64}(:[A-Za-z0-9$_-]+)?"
)

_NAMESPACE = re.compile(r"(?!AWS/)[A-Za-z0-9._/#-]{1,255}")
_ENVIRONMENT = re.compile(r"[A-Za-z0-9._-]{1,64}")

DEFAULT_CHUNK_ROWS = 2000
"""Rows of a chunk unless they are set, or chosen for the run."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of a deployment. Every field is the environment variable of the same name.

    Those that begin with `default_` are the options of a run that does not say otherwise. They are
    not the defaults of PictureOptions, which say what an old document means.
    """

    input_bucket: str = "tiktok-image-input"
    output_bucket: str = "tiktok-image-output"
    temp_bucket: str = "tiktok-image-temp"
    default_rows: int = 5
    default_cols: int = 7
    default_quality: int = 95
    default_max_workers: int = 8
    default_timeout: int = 30
    default_max_retries: int = 3
    default_trim: bool = True
    default_fit: Fit = "fill"
    default_gravity: Gravity = Gravity.ATTENTION
    default_gutter: int = 0
    default_margin: int = 0
    default_background: str = "#eeeeec"
    default_corner: int = 0
    default_labels: Labels = "none"
    default_title: str = ""
    default_order: Order = "newest"
    default_format: PictureFormat = "jpg"
    default_progressive: bool = False
    default_max_bytes: int | None = None
    """None: no limit."""
    default_max_images_per_creator: int | None = None
    """None: as many covers as the grid has cells."""
    cell_size: CellSize = DEFAULT_CELL_SIZE
    """Size of the cells of all collages. Unlike the grid, it cannot be chosen for a run."""
    enable_debug_logging: bool = False
    """Whether to log more lines, and to keep answers of failed covers and the log of failed
    attempts in the temp bucket."""
    metrics_namespace: str = ""
    """The namespace of the function's metrics in CloudWatch; empty: it has none."""
    metrics_environment: str = "production"
    """The value of their one dimension: which deployment of an account they are of."""
    allowed_source_hosts: tuple[str, ...] = ()
    """In the form of `allowed_hosts`; empty allows any public host. A host that is named without a
    glob may have a private address."""
    request_headers: RequestHeaders = field(default_factory=RequestHeaders, repr=False)
    """Headers for some hosts of covers. Only where covers are fetched."""
    host_limits: HostLimits = field(default_factory=HostLimits)
    """The most requests per second to some hosts of covers, over all workers of a run."""
    by_creator_copies: bool = True
    """Whether each collage is filed under `collages/by-creator/` as well."""
    chunk_rows: int | None = None
    """Least rows of a chunk, which ends at the first change of creator after them. None: chosen for
    each run by what runs before have measured (`collage_core.run.chunk_size`)."""
    keep_covers_days: int = 40
    """How long fetched covers are kept in the temp bucket; 0: not at all."""
    fail_above_percent: int = 50
    """A run fails if more of the covers that it asked for failed; 100: it never does."""
    warn_above_percent: int = 10
    """A run warns if more of them failed."""
    approve_above_usd: int = 25
    """A run that would cost more, in US dollars, is only sent if a person approves it."""
    approve_above_dead_percent: int = 50
    """So is one if more of its covers are neither kept nor alive; 100: dead covers ask nothing."""
    heal_rounds: int = 5
    """How often `wait` sends a chunk again by itself; 0: never."""
    heartbeat_seconds: int = 20
    """So often a worker renews the document of the chunk that it is at."""
    chunk_queue_url: str = ""
    """The SQS queue of chunk messages."""
    browser_s3_endpoint: str = ""
    """Where browsers reach S3, if not where Airflow does: links to pictures go there."""
    function_name: str = "collage-worker"
    """The Lambda function, as Airflow asks it whether both sides agree: a name or an ARN."""
    function_concurrency: int = 10
    """The most workers at a time, as set in the event source mapping of the queue."""

    @property
    def processing_config(self) -> ProcessingConfig:
        """The configuration of a run that does not say otherwise."""
        return ProcessingConfig(**{name: getattr(self, f"default_{name}") for name in OPTIONS})

    @property
    def stale_seconds(self) -> float:
        """A document of a chunk at work that is older is of a worker that was killed.

        One renewal may fail, and one takes up to 15 s on a bad day of S3.
        """
        return 3.0 * self.heartbeat_seconds + 15.0

    @property
    def planned_chunk_rows(self) -> int:
        """The least rows of a chunk where nothing was measured."""
        return DEFAULT_CHUNK_ROWS if self.chunk_rows is None else self.chunk_rows

    def covers_per_creator(self, config: ProcessingConfig) -> int:
        """The most covers that are placed for one creator: the grid's cells, or fewer if set."""
        limit = self.default_max_images_per_creator
        return config.cells if limit is None else min(limit, config.cells)

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Self:
        """Read all settings; an empty value means the default.

        Raises SettingError that names the variable, its value and what is allowed.
        """
        given = {name: value.strip() for name, value in environ.items() if value.strip()}
        read = _Reader(given)
        base = cls()
        settings = cls(
            input_bucket=read.bucket("INPUT_BUCKET", base.input_bucket),
            output_bucket=read.bucket("OUTPUT_BUCKET", base.output_bucket),
            temp_bucket=read.bucket("TEMP_BUCKET", base.temp_bucket),
            **{
                f"default_{option.name}": read.option(option, base.processing_config)
                for option in OPTIONS.values()
            },
            default_max_images_per_creator=(
                read.integer("DEFAULT_MAX_IMAGES_PER_CREATOR", 1, least=1, most=400)
                if "DEFAULT_MAX_IMAGES_PER_CREATOR" in given
                else None
            ),
            cell_size=read.cell_size("CELL_SIZE", base.cell_size),
            enable_debug_logging=read.flag("ENABLE_DEBUG_LOGGING", base.enable_debug_logging),
            metrics_namespace=read.text(
                "METRICS_NAMESPACE",
                base.metrics_namespace,
                _NAMESPACE,
                "a namespace of CloudWatch: at most 255 letters, digits and ._/#- that do not "
                "begin with AWS/",
            ),
            metrics_environment=read.text(
                "METRICS_ENVIRONMENT",
                base.metrics_environment,
                _ENVIRONMENT,
                "at most 64 letters, digits and ._-",
            ),
            allowed_source_hosts=_hosts("ALLOWED_SOURCE_HOSTS", environ),
            request_headers=_headers("REQUEST_HEADERS", environ),
            host_limits=_limits("HOST_LIMITS", environ),
            by_creator_copies=read.flag("BY_CREATOR_COPIES", base.by_creator_copies),
            chunk_rows=(
                read.integer("CHUNK_ROWS", DEFAULT_CHUNK_ROWS, least=1, most=100_000)
                if "CHUNK_ROWS" in given
                else None
            ),
            keep_covers_days=read.integer(
                "KEEP_COVERS_DAYS", base.keep_covers_days, least=0, most=3660
            ),
            fail_above_percent=read.percent("FAIL_ABOVE_PERCENT", base.fail_above_percent),
            warn_above_percent=read.percent("WARN_ABOVE_PERCENT", base.warn_above_percent),
            approve_above_usd=read.integer(
                "APPROVE_ABOVE_USD", base.approve_above_usd, least=0, most=1_000_000
            ),
            approve_above_dead_percent=read.percent(
                "APPROVE_ABOVE_DEAD_PERCENT", base.approve_above_dead_percent
            ),
            heal_rounds=read.integer("HEAL_ROUNDS", base.heal_rounds, least=0, most=20),
            heartbeat_seconds=read.integer(
                "HEARTBEAT_SECONDS", base.heartbeat_seconds, least=1, most=300
            ),
            chunk_queue_url=read.url("CHUNK_QUEUE_URL", base.chunk_queue_url),
            browser_s3_endpoint=read.url("BROWSER_S3_ENDPOINT", base.browser_s3_endpoint),
            function_name=read.function("FUNCTION_NAME", base.function_name),
            function_concurrency=read.integer(
                "FUNCTION_CONCURRENCY", base.function_concurrency, least=1, most=10_000
            ),
        )
        try:
            check_canvas(settings.cell_size, settings.processing_config)
        except MessageError as error:
            raise SettingError(f"DEFAULT_ROWS and DEFAULT_COLS: {error}") from error
        return settings


@dataclass(frozen=True, slots=True)
class _Reader:
    """Typed values of the variables that are set."""

    given: Mapping[str, str]

    def integer(self, name: str, default: int, *, least: int, most: int) -> int:
        value = self.given.get(name)
        if value is None:
            return default
        number = whole_number(value)
        if number is not None and least <= number <= most:
            return number
        raise SettingError(f"{name} is {value!r}: it must be a whole number from {least} to {most}")

    def percent(self, name: str, default: int) -> int:
        return self.integer(name, default, least=0, most=100)

    def option(self, option: Option, defaults: ProcessingConfig) -> Any:
        value = self.given.get(option.setting)
        if value is None:
            return getattr(defaults, option.name)
        try:
            return option.read(value)
        except ValueError as error:
            raise SettingError(f"{option.setting} is {value!r}: {error}") from None

    def cell_size(self, name: str, default: CellSize) -> CellSize:
        value = self.given.get(name)
        if value is None:
            return default
        if value in CELL_SIZES:
            return CELL_SIZES[value]
        raise SettingError(f"{name} is {value!r}: it must be one of {', '.join(CELL_SIZES)}")

    def bucket(self, name: str, default: str) -> str:
        value = self.given.get(name, default)
        if _BUCKET.fullmatch(value):
            return value
        raise SettingError(
            f"{name} is {value!r}: it must be a bucket's name alone, 3 to 63 lower-case letters, "
            "digits, dots and hyphens"
        )

    def url(self, name: str, default: str) -> str:
        value = self.given.get(name, default)
        if not value or value.startswith(("https://", "http://")):
            return value
        raise SettingError(f"{name} is {value!r}: it must be a URL that begins with https://")

    def function(self, name: str, default: str) -> str:
        value = self.given.get(name, default)
        if _FUNCTION.fullmatch(value):
            return value
        raise SettingError(
            f"{name} is {value!r}: it must be the name or the ARN of the function, such as "
            "collage-worker"
        )

    def text(self, name: str, default: str, allowed: re.Pattern[str], what: str) -> str:
        value = self.given.get(name)
        if value is None:
            return default
        if allowed.fullmatch(value):
            return value
        raise SettingError(f"{name} is {value!r}: it must be {what}")

    def flag(self, name: str, default: bool) -> bool:
        value = self.given.get(name)
        if value is None:
            return default
        if value.lower() in FLAGS:
            return FLAGS[value.lower()]
        raise SettingError(f"{name} is {value!r}: it must be true or false")


def _hosts(name: str, environ: Mapping[str, str]) -> tuple[str, ...]:
    # Not the stripped value: the message shows the value as it was given.
    value = environ.get(name, "")
    try:
        return allowed_hosts(value)
    except SettingError as error:
        raise SettingError(f"{name} is {value!r}: it must be {LIST_FORM}; {error}") from None


def _headers(name: str, environ: Mapping[str, str]) -> RequestHeaders:
    try:
        return RequestHeaders.parse(environ.get(name, ""))
    except SettingError as error:
        # Without the value: it may hold secrets.
        raise SettingError(f"{name} must be {HEADERS_FORM}; {error}") from None


def _limits(name: str, environ: Mapping[str, str]) -> HostLimits:
    try:
        return HostLimits.parse(environ.get(name, ""))
    except SettingError as error:
        # Without the value, which may be long; what is wrong in it is named.
        raise SettingError(f"{name} must be {LIMITS_FORM}; {error}") from None
