"""An errand in Airflow as a person does it: from its home page, with few clicks."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from local.twin import Twin
from tests.support.browser import Page

MOST_CLICKS = 3

_LOADED = "document.readyState === 'complete'"


def link(text: str, *, within: str = "document") -> str:
    """The place of the first link or button, or title of a part, that begins with a text."""
    return (
        f"[...({within}?.querySelectorAll('a, button, summary') ?? [])].find(found => "
        "found.checkVisibility() && found.innerText.replace(/\\s+/g, ' ').trim()"
        f".startsWith({json.dumps(text)}))"
    )


@dataclass(slots=True)
class Walk:
    """An errand. Keys are not clicks, and a fourth click is a failure."""

    page: Page
    clicks: int = 0

    @classmethod
    def from_home(cls, page: Page, twin: Twin) -> "Walk":
        """On Airflow's home page, once the panel with the collages is there."""
        page.open("about:blank")
        page.open(f"{twin.airflow.url}/")
        page.see(f"location.pathname === '/' && !!{link('Cover collages')}")
        return cls(page)

    def click(self, place: str) -> None:
        assert self.clicks < MOST_CLICKS, f"{place} would be one click too many"
        self.page.click(place)
        self.clicks += 1

    def follow(self, text: str, *, within: str = "document") -> None:
        """Click on what begins with a text."""
        self.click(link(text, within=within))

    def follow_to(self, text: str, path: str) -> None:
        """Click on a link, and wait for the page that it leads to."""
        self.follow(text)
        self.arrive(path)

    def open_run(self, dag_run_id: str) -> None:
        """The page of a run, by its line in the panel."""
        self.click(link_to(dag_run_id))
        self.arrive(f"/runs/{dag_run_id}")

    def arrive(self, path: str) -> None:
        """Wait for the page whose address has this in it."""
        address = "decodeURIComponent(location.href)"
        self.page.see(f"{address}.includes({json.dumps(path)}) && {_LOADED}")

    def says(self, *texts: str, seconds: float = 30) -> None:
        """Wait until the page has these texts."""
        for text in texts:
            self.page.see(f"document.body.innerText.includes({json.dumps(text)})", seconds=seconds)

    def fields(self) -> Mapping[str, object]:
        """What the form that is open has in its fields, by their names."""
        found: dict[str, object] = self.page.value(
            """Object.fromEntries([...document.querySelectorAll('form.order [data-into]')]
                .filter(one => one.checkVisibility()).map(one => [
                    one.dataset.into, one.type === 'checkbox' ? one.checked : one.value
                ]))"""
        )
        return found


def link_to(dag_run_id: str, *, within: str = "document") -> str:
    """The place of the first link to a run."""
    return (
        f"[...({within}?.links ?? [])].find(found => "
        f"found.href.includes(encodeURIComponent({json.dumps(dag_run_id)})))"
    )
