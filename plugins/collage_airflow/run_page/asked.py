"""What the address of a page asks for: months, years, days and names, or one line about why not.

All of these raise HTTPException, status 400: the name, the value and what it must be.
"""

import re
from datetime import date

from fastapi import HTTPException, Request

from collage_airflow.run_page.pages import query_text
from collage_core.contract.wording import shown

FIRST_YEAR, LAST_YEAR = 2000, 2100
"""The years that pages are made for."""

LONGEST_NAME = 2000
"""Characters of a creator's name. An address may have about 8,000 bytes, and each character of a
name takes three in the least."""

_YEAR = re.compile(r"[0-9]{4}")
_MONTH = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")
_PAGE = re.compile(r"[1-9][0-9]{0,3}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def asked_year(request: Request, name: str, default: int) -> int:
    """A year; `default` if none is asked for."""
    text = query_text(request, name)
    if not text:
        return default
    if _YEAR.fullmatch(text) and FIRST_YEAR <= int(text) <= LAST_YEAR:
        return int(text)
    raise refusal(name, text, f"a year from {FIRST_YEAR} to {LAST_YEAR}, such as 2026")


def asked_month(request: Request, name: str, default: str) -> str:
    """A month as YYYYMM; `default` if none is asked for."""
    text = query_text(request, name)
    if not text:
        return default
    found = _MONTH.fullmatch(text)
    if found and FIRST_YEAR <= int(found[1]) <= LAST_YEAR:
        return found[1] + found[2]
    raise refusal(name, text, f"a month from {FIRST_YEAR}-01 to {LAST_YEAR}-12, such as 2026-10")


def asked_day(request: Request, name: str) -> str:
    """A day as YYYYMMDD."""
    text = query_text(request, name)
    if _DAY.fullmatch(text):
        try:
            day = date.fromisoformat(text)
        except ValueError:
            pass
        else:
            if FIRST_YEAR <= day.year <= LAST_YEAR:
                return text.replace("-", "")
    raise refusal(
        name, text, f"a day from {FIRST_YEAR}-01-01 to {LAST_YEAR}-12-31, such as 2026-10-14"
    )


def asked_name(request: Request, name: str) -> str:
    """A creator's name, or the beginning of one; empty if none is asked for."""
    text = query_text(request, name)
    if len(text) <= LONGEST_NAME:
        return text
    raise refusal(name, text, f"at most {LONGEST_NAME:,} characters: the beginning is enough")


def asked_page(request: Request, name: str) -> int:
    """The number of a page of many; 1 if none is asked for."""
    text = query_text(request, name) or "1"
    if _PAGE.fullmatch(text):
        return int(text)
    raise refusal(name, text, "a whole number from 1 to 9999")


def refusal(name: str, text: str, rule: str) -> HTTPException:
    """The refusal of a value in the address."""
    value = shown(text) if text else "missing"
    return HTTPException(400, f"{name} is {value}: it must be {rule}")
