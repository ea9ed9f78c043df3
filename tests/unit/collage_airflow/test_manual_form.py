"""The form of the manual DAG, as Airflow itself checks it."""

import pytest
from airflow.sdk.definitions.param import ParamsDict
from airflow.sdk.exceptions import ParamValidationError

from collage_airflow.dag_run.conf import PARAM_NAMES
from collage_airflow.dag_run.sources import MANUAL_PARAMS
from collage_airflow.manual_form import LONGEST_TEXT, MOST_CREATORS, manual_params


def test_every_field_is_a_param_that_a_run_reads() -> None:
    assert manual_params().keys() == PARAM_NAMES | MANUAL_PARAMS


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("rows", 0),
        ("rows", 99),
        ("cols", 2.5),
        ("quality", 101),
        ("timeout", 0),
        ("max_retries", -1),
        ("max_workers", "many"),
        ("window", "tomorrow"),
        ("window", "Yesterday"),
        ("window_start", "October"),
        ("window_end", "2026-11-31"),
        ("csv_key", "archived/2026/mine.csv"),
        ("csv_key", "../manual-uploads/mine.csv"),
        ("csv_key", "s3://tiktok-image-input/manual-uploads/mine.csv"),
        ("csv_key", "manual-uploads/mine.xlsx"),
        ("csv_text", "x" * (LONGEST_TEXT + 1)),
        ("creators", "ana"),
        ("creators", []),
        ("creators", ["", ""]),
        ("creators", [7]),
        ("creators", ["x"] * (MOST_CREATORS + 1)),
        ("limit", 0),
        ("limit", True),
        ("dry_run", "yes"),
        ("dry_run", None),
    ],
)
def test_nonsense_is_refused_at_the_trigger_by_its_name(name: str, value: object) -> None:
    params = ParamsDict(manual_params())
    with pytest.raises(ParamValidationError, match=f"Invalid input for param {name}: "):
        params[name] = value


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("window", "last 7 days"),
        ("window", None),
        ("csv_key", "manual-uploads/Bücher 1.CSV"),
        ("csv_key", "csv-files/manual-uploads/mine.csv"),
        ("creators", ["ana", "Ana", "أنا"]),
        ("creators", ["ana", "", "ben", ""]),
        ("limit", 3),
        ("rows", 20),
        ("dry_run", True),
    ],
)
def test_what_can_be_meant_is_accepted(name: str, value: object) -> None:
    params = ParamsDict(manual_params())
    params[name] = value
    assert params[name] == value


def test_the_form_shows_what_the_settings_are_now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEFAULT_ROWS", "9")
    rows = manual_params()["rows"]
    assert rows.description == "1 to 20. Empty: 9, the setting DEFAULT_ROWS."
    assert rows.value is None  # so that a backfill repeats nothing of the settings of today
    assert rows.schema["title"] == "rows: rows of the grid"


def test_the_form_opens_on_window_and_creators_and_the_rest_is_in_sections() -> None:
    sections: dict[str | None, list[str]] = {}
    for name, param in manual_params().items():
        sections.setdefault(param.schema.get("section"), []).append(name)
    assert sections.pop(None) == ["window", "window_start", "window_end", "creators"]
    assert {title: len(names) for title, names in sections.items()} == {
        "A CSV instead of a window": 2,
        "A run to fill": 1,
        "A trial first": 3,
        "Grid, quality, folder": 4,
        "Picture": 13,
        "Downloads": 3,
        "Workers": 1,
    }


def test_a_setting_that_is_empty_is_shown_as_none() -> None:
    form = manual_params()
    assert (form["max_bytes"].description or "").endswith(
        "Empty: none, the setting DEFAULT_MAX_BYTES."
    )
    assert (form["title"].description or "").endswith("Empty: none, the setting DEFAULT_TITLE.")


def test_a_setting_is_shown_as_a_conf_would_have_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEFAULT_TRIM", "yes")
    monkeypatch.delenv("DEFAULT_TITLE", raising=False)
    form = manual_params()
    assert form["trim"].description == "True or false. Empty: true, the setting DEFAULT_TRIM."
    assert str(form["title"].description).endswith(" Empty: none, the setting DEFAULT_TITLE.")


def test_a_wrong_setting_leaves_the_dag_where_check_can_name_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DEFAULT_ROWS", "many")
    assert manual_params()["rows"].description == "1 to 20. Empty: the setting DEFAULT_ROWS."
