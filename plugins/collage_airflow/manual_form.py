"""The trigger form of the manual DAG, section by section."""

from typing import Final

from airflow.sdk import Param

from collage_airflow.dag_defaults import (
    config_params,
    dispatch_param,
    output_prefix_param,
    window_params,
)
from collage_airflow.dag_run.presets import Preset
from collage_airflow.dag_run.schedules import BACKFILLS
from collage_airflow.form_fields import as_shown

MOST_CREATORS: Final = 1000
"""Names in the form, and creators of a trial."""

LONGEST_TEXT: Final = 100_000
"""Characters of a pasted CSV: Airflow keeps the form's values in its database for good."""

_CSV_KEY = r"^(manual-uploads|csv-files)/.*\.[cC][sS][vV]$"


def manual_params() -> dict[str, Param]:
    """All fields. They can be sent as the form opens; `check` asks for a source of covers."""
    return {
        **as_shown({**_preset(), **window_params(None), **_creators()}),
        **as_shown(_csv(), section="A CSV instead of a window"),
        **as_shown(_parent(), section="A run to fill"),
        **as_shown({**_dry_run(), **_backfill(), **_limit()}, section="A trial first"),
        **as_shown(
            {**config_params(), **output_prefix_param("collages/manual/")},
            section="Grid, quality, folder",
        ),
        **as_shown(dispatch_param()),
    }


def _preset() -> dict[str, Param]:
    return {
        "window": Param(
            None,
            enum=[None, *map(str, Preset)],
            title="A window by its name",
            description="Whole days in UTC before today. Otherwise fill in the two dates, or a CSV "
            "in the next section.",
            # The form takes a label for all values that have none of their own, so each has one.
            values_display={"null": "none of these", **{name: name for name in Preset}},
        )
    }


def _csv() -> dict[str, Param]:
    return {
        "csv_key": Param(
            None,
            type=["null", "string"],
            pattern=_CSV_KEY,
            title="Key in the input bucket",
            description="A CSV in manual-uploads/ or csv-files/, for example "
            "manual-uploads/mine.csv. It is archived afterwards, unless the run is limited to some "
            "of its creators.",
        ),
        "csv_text": Param(
            None,
            type=["null", "string"],
            format="multiline",
            maxLength=LONGEST_TEXT,
            title="The CSV itself",
            description="With a first line that names creator_name, cover_url and updated_at. "
            f"At most {LONGEST_TEXT:,} characters: Airflow keeps them with the run, and shows them "
            "to all who may see it.",
        ),
    }


def _parent() -> dict[str, Param]:
    return {
        "parent": Param(
            None,
            type=["null", "string"],
            # A longer text is no id, and would be in every error.
            maxLength=200,
            title="Fetch again what failed in this run",
            description="Its run_id or its timestamp, as in its summary. Creators of whom covers "
            "failed for a reason that may pass, such as timeout or http_503, get new collages, "
            "with the options of that run. Nothing else but max_workers, timeout, max_retries and "
            "output_prefix can be given.",
        )
    }


def _creators() -> dict[str, Param]:
    return {
        "creators": Param(
            None,
            type=["null", "array"],
            items={"type": "string"},
            contains={"minLength": 1},  # lines may be empty, as at the end of a list that is pasted
            maxItems=MOST_CREATORS,
            title="Only these creators",
            description="One name on each line, compared byte for byte. Empty: all.",
        ),
    }


def _limit() -> dict[str, Param]:
    return {
        "limit": Param(
            None,
            type=["null", "integer"],
            minimum=1,
            maximum=MOST_CREATORS,
            title="At most so many creators",
            description=f"For a trial: 1 to {MOST_CREATORS}, the first in the order of their "
            "names. Empty: no limit.",
        ),
    }


def _dry_run() -> dict[str, Param]:
    return {
        "dry_run": Param(
            default=False,
            type="boolean",
            title="Only say what it would cost",
            description="The log of estimate gets a table; nothing is written or sent. The window "
            "may be of any length.",
        )
    }


def _backfill() -> dict[str, Param]:
    return {
        "backfill": Param(
            None,
            enum=[None, *BACKFILLS],
            title="A backfill to approve",
            description="A dry run, too: it prices the months or days of the window as runs of "
            "this DAG, then asks once. If it is approved, the runs of that backfill ask nobody, "
            "for 7 days and as long as they keep within the price.",
            values_display={"null": "none", **{name: name for name in BACKFILLS}},
        )
    }
