"""The lines of a wait: each says something new, or comes after minutes."""

from datetime import timedelta

import pytest

from collage_airflow.triggers import lines
from collage_airflow.triggers.lines import RareLines


def test_a_line_is_logged_when_its_key_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    logged: list[str] = []
    rare = RareLines()
    for line, key in (("1 done", "1"), ("1 done, faster", "1"), ("2 done", "2"), (None, "3")):
        rare.say("progress", line, lambda _, said: logged.append(said), key=key)
    rare.say("hint", "the queue", lambda _, said: logged.append(said))
    assert logged == ["1 done", "2 done", "the queue"]
    monkeypatch.setattr(lines, "_SAME_LINE_AFTER", timedelta(0))
    rare.say("progress", "still 2 done", lambda _, said: logged.append(said), key="2")
    assert logged[-1] == "still 2 done"
