import pytest

from collage_core.contract.reasons import Reason, http_reason
from collage_core.report.advice import advice

ELSE = advice("http_418")


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_advice_of_its_own(reason: Reason) -> None:
    assert advice(reason) not in {"", ELSE}
    assert len(advice(reason)) < 60  # it fits into a table beside the reason


@pytest.mark.parametrize("status", [401, 403, 404, 410, 429, 500, 503, 599])
def test_a_usual_status_has_advice_and_any_other_leads_to_the_host(status: int) -> None:
    assert advice(http_reason(status)) != ELSE
    assert "open the URL" in ELSE
