"""Airflow's pages in a browser: the login, and the form that triggers a DAG."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.airflow import ADMIN
from local.twin import Twin
from tests.support.browser import Page

_DIALOG = 'document.querySelector("[data-scope=dialog][data-part=content]")'
_OFFERED = "[...document.querySelectorAll('[id^=react-select][role=option]')]"


def log_in(page: Page, twin: Twin) -> None:
    page.open(f"{twin.airflow.url}/")
    page.write('document.querySelector("input[name=username]")', ADMIN)
    page.write(
        'document.querySelector("input[name=password]")', twin.airflow.credentials.airflow_admin
    )
    page.click("document.querySelector('button[type=submit]')")
    page.see('location.pathname == "/"')


def button(label: str, *, within: str = "document") -> str:
    """The place of a button."""
    return (
        f"[...{within}.querySelectorAll('button')].find(found => "
        f"found.innerText.trim() == '{label}')"
    )


@dataclass(frozen=True, slots=True)
class TriggerForm:
    """The dialog of a DAG, opened by its button."""

    page: Page

    @classmethod
    def opened(cls, page: Page, twin: Twin, dag_id: str) -> "TriggerForm":
        page.open(f"{twin.airflow.url}/dags/{dag_id}")
        page.see(f"location.pathname == '/dags/{dag_id}'")
        page.click(button("Trigger"))
        page.see(f"!!{_DIALOG}?.innerText.includes('Advanced Options')")
        return cls(page)

    def save_picture(self, path: Path) -> None:
        """The form from its top."""
        self.page.value(f"{_DIALOG}.scrollIntoView(), null")
        self.page.save_picture(path)

    @property
    def text(self) -> str:
        return str(self.page.see(f"{_DIALOG}.innerText"))

    @property
    def sections(self) -> list[str]:
        titles: list[str] = self.page.see(f"[...{self._titles}].map(title => title.innerText)")
        return titles

    def open_section(self, title: str) -> None:
        """Open a section, which closes the others."""
        place = f"[...{self._titles}].find(found => found.innerText.trim() == '{title}')"
        self.page.click(place)
        self.page.see(f"{place}.dataset.state == 'open'")

    def write(self, name: str, text: str) -> None:
        self.page.write(_field(name), text)

    def write_date(self, name: str, month_day_year: str) -> None:
        self.page.write_date(_field(name), month_day_year)

    def backfill(self, *, start: str, end: str) -> None:
        """Choose a backfill from the midnight of one day to that of another."""
        self.page.click(f"{_DIALOG}.querySelector('input[value=backfill]').closest('label')")
        for name, month_day_year in (("from_date", start), ("to_date", end)):
            place = f"{_DIALOG}.querySelector('input[name={name}]')"
            self.page.write_date(place, f"{month_day_year}1200A")

    def value(self, name: str) -> Any:
        return self.page.value(f"{_field(name)}.value")

    def switch(self, name: str) -> None:
        self.page.click(f"{_field(name)}.closest('label')")

    def choices(self, name: str) -> list[str]:
        """What the menu of a field offers."""
        offered = self._open_menu(name)
        self.page.click(_menu(name))  # closes it: it would cover the next field
        self.page.see(f"!{_OFFERED}.length")
        return offered

    def choose(self, name: str, label: str) -> None:
        assert label in self._open_menu(name)
        self.page.click(f"{_OFFERED}.find(option => option.innerText == '{label}')")
        self.page.see(f"!{_OFFERED}.length")

    def chosen(self, name: str) -> str:
        """The label of what is chosen in a menu."""
        return str(self.page.see(f"{_menu(name)}.innerText")).splitlines()[-1]

    def trigger(self) -> str:
        """Send the form; the id of its run, whose page the browser then shows."""
        self.page.click(button("Trigger", within=_DIALOG))
        run_id = "decodeURIComponent(location.pathname.split('/runs/')[1] ?? '')"
        return str(self.page.see(run_id))

    def refusal(self) -> str:
        """Send the form; what the alert says, which is at the top of the form."""
        self.page.click(button("Trigger", within=_DIALOG))
        return str(self.page.see(f"{_DIALOG}.innerText.match(/Invalid input[^\\n]*/)?.[0]"))

    def _open_menu(self, name: str) -> list[str]:
        self.page.click(_menu(name))
        offered: list[str] = self.page.see(
            f"(found => found.length && found.map(option => option.innerText))({_OFFERED})"
        )
        return offered

    @property
    def _titles(self) -> str:
        return f"{_DIALOG}.querySelectorAll('[data-scope=accordion][data-part=item-trigger]')"


def _menu(name: str) -> str:
    return f'document.querySelector("#element_{name}")'


def _field(name: str) -> str:
    return f'document.querySelector("[name=element_{name}]")'
