"""The trigger form of the manual DAG, section by section."""

from typing import Final

from airflow.sdk import Param

from collage_airflow.dag_defaults import config_params, output_prefix_param, window_params
from collage_airflow.dag_run.presets import Preset
from collage_airflow.form_fields import as_shown

MOST_CREATORS: Final = 1000
"""Names in the form, and creators of a trial."""

LONGEST_TEXT: Final = 100_000
"""Characters of a pasted CSV: Airflow keeps the form's values in its database for good."""

_CSV_KEY = r"^(manual-uploads|csv-files)/.*\.[cC][sS][vV]$"


def manual_params() -> dict[str, Param]:
    """All fields. They can be sent as the form opens; `check` asks for a source of covers."""
    return {
        **as_shown({**_preset(), **window_params(None)}, section="Covers of a window"),
        **as_shown(_csv(), section="Or covers of a CSV"),
        **as_shown(_limits(), section="Of which creators"),
        **as_shown({**config_params(), **output_prefix_param()}, section="The collages"),
        **as_shown(_dry_run(), section="What it would cost"),
    }


def _preset() -> dict[str, Param]:
    return {
        "window": Param(
            None,
            enum=[None, *map(str, Preset)],
            title="A window by its name",
            description="Whole days in UTC before today. Empty: the two dates below, or a CSV.",
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


def _limits() -> dict[str, Param]:
    return {
        "creators": Param(
            None,
            type=["null", "array"],
            items={"type": "string", "minLength": 1},
            maxItems=MOST_CREATORS,
            title="Only these creators",
            description="One name on each line, compared byte for byte. Empty: all.",
        ),
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
