import contextlib
import csv
import io
import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from collage_core.contract.reasons import Reason
from collage_core.contract.rejected import RejectedRow
from collage_core.covers.cover_csv import (
    HEADER,
    TextRow,
    parse_updated_at,
    read_chunk,
    read_file,
    write_row,
)
from collage_core.covers.cover_url import is_cover_url
from collage_core.covers.csv_dialect import COLUMNS
from collage_core.covers.csv_records import LONGEST_ROW, MOST_LINES
from collage_core.covers.rows import CoverRow
from collage_core.errors import CsvFormatError
from tests.support.strategies import names, texts, urls

URL = "https://cdn.example/1.jpg?x-expires=2000000000&sig=a%2Bb"
TIME = "2026-10-14 09:30:00"
GOOD = f"ana,{URL},{TIME}\n".encode()


def reasons(rows: Iterable[CoverRow | TextRow | RejectedRow]) -> list[str | None]:
    return [row.reason if isinstance(row, RejectedRow) else None for row in rows]


# --- writing


@given(st.lists(st.tuples(names, urls), max_size=8))
def test_written_rows_are_read_back_with_their_lines_and_bytes(rows: list[tuple[str, str]]) -> None:
    written = [write_row(creator, url, TIME) for creator, url in rows]
    read = list(read_chunk(b"".join(written)))
    assert [(row.creator, row.url) for row in read if isinstance(row, CoverRow)] == rows
    assert [row.offset for row in read] == [len(b"".join(written[:i])) for i in range(len(rows))]
    assert [row.line for row in read] == [
        1 + b"".join(written[:i]).count(b"\n") for i in range(len(rows))
    ]


@given(texts, texts, texts)
@example("", "", "")
def test_any_three_texts_are_one_record_to_any_other_csv_reader(a: str, b: str, c: str) -> None:
    line = write_row(a, b, c).decode()
    assert list(csv.reader(io.StringIO(line, newline=""), strict=True)) == [[a, b, c]]


def test_only_fields_that_need_quotes_are_quoted() -> None:
    assert write_row("ana", "http://h/a,b", "") == b'ana,"http://h/a,b",\n'
    assert write_row('a"b', URL, TIME) == f'"a""b",{URL},{TIME}\n'.encode()
    assert write_row("aná 🦄", URL, TIME) == f"aná 🦄,{URL},{TIME}\n".encode()


# --- the file as a whole


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(HEADER + GOOD, id="canonical"),
        pytest.param(b"\xef\xbb\xbf" + HEADER + GOOD, id="BOM"),
        pytest.param((HEADER + GOOD).replace(b"\n", b"\r\n"), id="CRLF"),
        pytest.param(HEADER + GOOD.rstrip(), id="no last newline"),
        pytest.param(b"\n" + HEADER + b"\n\r\n" + GOOD + b"\n\n", id="blank lines"),
        pytest.param(
            f"updated_at,likes,cover_url,creator_name\n{TIME},7,{URL},ana\n".encode(),
            id="other order and an extra column",
        ),
        pytest.param(
            f'"Creator_Name", cover_url ,updated_at\n"ana","{URL}","{TIME}"\n'.encode(),
            id="quotes, blanks and capitals",
        ),
    ],
)
def test_a_cover_is_read_from_every_usual_form_of_the_file(data: bytes) -> None:
    (row,) = read_file(data)
    assert isinstance(row, TextRow)
    assert (row.creator, row.url, row.updated_at) == ("ana", URL, TIME)


def test_a_file_with_nothing_but_its_header_has_no_rows() -> None:
    assert list(read_file(HEADER)) == []
    assert list(read_file(HEADER.rstrip())) == []


@pytest.mark.parametrize(
    ("data", "named"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b" \r\n\n", "empty"),
        (b"creator_name,cover_url\nana,http://h/1\n", "updated_at"),
        (b"creator_name~cover_url~updated_at\n", "creator_name"),
        (b"creator_name,cover_url,cover_url,updated_at\n", "cover_url"),
        (b'"creator_name,cover_url,updated_at\n', "line 1"),
        ("creator_name,cover_url\n".encode("utf-16"), "updated_at"),
        (b"c\0r\0,\n", "line 1"),
        (HEADER + GOOD + b"an\xe1,http://h/1,\n", "line 3"),
        (b"\x89PNG\r\n\x1a\n", "UTF-8"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_what_is_wrong(data: bytes, named: str) -> None:
    with pytest.raises(CsvFormatError, match=named):
        read_file(data)


def test_a_refusal_never_repeats_a_signed_url() -> None:
    with pytest.raises(CsvFormatError) as refused:
        read_file(GOOD + GOOD)
    assert "sig=" not in str(refused.value)


# --- single rows


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (f"ana,{URL}", "bad_row"),
        ("ana", "bad_row"),
        ("   ", "bad_row"),
        (f"ana,{URL},{TIME},and more", "bad_row"),
        (f"an\0a,{URL},{TIME}", "bad_row"),
        (f"ana,{URL},{TIME}\0", "bad_row"),
        (f"an\ra,{URL},{TIME}", "bad_row"),
        (f'"ana"x,{URL},{TIME}', "bad_row"),
        ("ana,http://h/" + "x" * LONGEST_ROW + ",", "bad_row"),
        (f",{URL},{TIME}", "no_creator"),
        (f" \u3000\t,{URL},{TIME}", "no_creator"),
        (f"ana,,{TIME}", "invalid_url"),
        (f"ana,ftp://cdn.example/1.jpg,{TIME}", "invalid_url"),
        (f"ana,http://h/a b,{TIME}", "invalid_url"),
    ],
)
def test_a_bad_row_is_rejected_with_its_line_and_the_rest_is_read(line: str, reason: str) -> None:
    rows = list(read_file(HEADER + GOOD + line.encode() + b"\n" + GOOD))
    assert reasons(rows) == [None, reason, None]
    assert rows[1].line == 3


def test_a_quote_that_is_never_closed_costs_only_its_own_line() -> None:
    rows = list(read_file(HEADER + GOOD + f'"ana,{URL},{TIME}\n'.encode() + GOOD * 3))
    assert reasons(rows) == [None, "bad_row", None, None, None]
    assert [row.line for row in rows] == [2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    "lines", [['x",y,"z\n'] * 20_000, ['"' + "x" * 60_000 + "\n"] * 40], ids=["short", "long"]
)
def test_a_closing_quote_is_not_searched_beyond_the_limits_of_a_row(lines: list[str]) -> None:
    started = time.process_time()
    rows = list(read_file(HEADER + "".join(lines).encode()))
    assert time.process_time() - started < 5
    assert reasons(rows) == ["bad_row"] * len(lines)


def test_rows_of_more_than_most_lines_are_bad_rows() -> None:
    name = "\n".join("x" * MOST_LINES)
    (row,) = read_chunk(write_row(name, URL, TIME))
    assert isinstance(row, CoverRow)
    assert row.creator == name
    rows = read_file(HEADER + f'"{name}\n",{URL},{TIME}\n'.encode() + GOOD)
    assert reasons(rows) == ["bad_row"] * (MOST_LINES + 1) + [None]


@pytest.mark.parametrize("name", ["x\n" * MOST_LINES, "x" * LONGEST_ROW, '",' * LONGEST_ROW])
def test_a_row_that_is_too_long_is_written_as_one_bad_row(
    name: str,
) -> None:
    written = write_row(name, URL, TIME)
    assert written.count(b"\n") == 1
    assert reasons(list(read_chunk(written + GOOD))) == ["bad_row", None]


def test_a_quote_left_open_in_the_last_line_is_a_bad_row() -> None:
    assert reasons(read_file(HEADER + GOOD + b'"ana')) == [None, "bad_row"]
    assert reasons(list(read_chunk(GOOD + b'"ana'))) == [None, "bad_row"]


def test_a_chunks_row_that_is_not_utf8_is_a_bad_row() -> None:
    assert reasons(list(read_chunk(GOOD + b"an\xe1,http://h/1,\n" + GOOD))) == [
        None,
        "bad_row",
        None,
    ]


def test_a_damaged_row_of_many_lines_counts_as_one_bad_row() -> None:
    damaged = write_row("a\nb\0\nc", URL, TIME)
    assert reasons(list(read_chunk(damaged + GOOD))) == ["bad_row", None]


def test_a_row_without_a_usable_url_still_names_its_creator() -> None:
    (row,) = read_chunk(b"ana,nothing,\n")
    assert isinstance(row, RejectedRow)
    assert row.creator == "ana"


def test_names_that_differ_by_white_space_are_distinct() -> None:
    rows = read_chunk(write_row("ana", URL, TIME) + write_row("ana ", URL, TIME))
    assert [row.creator for row in rows] == ["ana", "ana "]


@given(st.binary(max_size=300))
@example(b'"\n"\n"\n')
@example(b'a,"b\r\n\0",')
def test_reading_any_bytes_as_a_chunk_keeps_offsets_and_never_raises(data: bytes) -> None:
    rows = list(read_chunk(data))
    offsets = [row.offset for row in rows]
    assert offsets == sorted(set(offsets))
    for row in rows:
        assert row.line == 1 + data.count(b"\n", 0, row.offset)


@given(st.binary(max_size=300))
def test_reading_any_bytes_as_a_file_raises_only_csv_format_error(data: bytes) -> None:
    with contextlib.suppress(CsvFormatError):
        list(read_file(data))


# --- URLs


@pytest.mark.parametrize(
    "url",
    [
        "http://h",
        "http://h?x=1",
        "http://h#x",
        "http://h:80/",
        "http://h./",
        "http://h:/",
        "HTTPS://CDN.example/a%2Bb%3d|{}^`<>\"'",
        "http://192.0.2.1/a",
        "http://[2001:db8::1]:8080/a",
        "http://bücher.example/ä",
        "http://h/a@b",
        "http://h//double",
        "http://0x7f000001/",
    ],
)
def test_a_valid_url_is_kept_as_it_is(url: str) -> None:
    assert is_cover_url(url)
    (row,) = read_chunk(write_row("ana", url, TIME))
    assert isinstance(row, CoverRow)
    assert row.url == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "h/1.jpg",
        "//h/1.jpg",
        "http:/h/1.jpg",
        "http://",
        "http:///1.jpg",
        "http://:80/1.jpg",
        "http://.cdn.example/1.jpg",
        "http://*.example/1.jpg",
        "http://img.*.example/1.jpg",
        "http://cdn..example/1.jpg",
        "http://./1.jpg",
        f"http://{'x' * 64}.example/1.jpg",
        "http://?x",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "ftp://h/1.jpg",
        "xhttp://h/1.jpg",
        "http://user@h/1.jpg",
        "http://user:pass@h/1.jpg",
        "http://h:80:80/",
        "http://h:99999/",
        "http://h:port/",
        "http://h\\@evil.example/",
        "http://[fe80::1%25eth0]/",
        "http://[2001:db8::1/",
        "http://h/a b",
        "http://h/a\tb",
        "http://h/a\r\nHost: evil.example",
        "http://h/a\x7f",
        "http://h /",
        " http://h/",
        "http://h/\n",
    ],
)
def test_an_invalid_url_is_refused(url: str) -> None:
    assert not is_cover_url(url)


# --- times


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-10-14 09:30:00", datetime(2026, 10, 14, 9, 30, tzinfo=UTC)),
        ("2026-10-14T09:30:00Z", datetime(2026, 10, 14, 9, 30, tzinfo=UTC)),
        (" 2026-10-14 09:30:00.123456 ", datetime(2026, 10, 14, 9, 30, 0, 123456, tzinfo=UTC)),
        ("2026-10-14T17:30:00.5+08:00", datetime(2026, 10, 14, 9, 30, 0, 500000, tzinfo=UTC)),
        ("2026-10-14", datetime(2026, 10, 14, tzinfo=UTC)),
        ("", None),
        ("yesterday", None),
        ("0000-00-00 00:00:00", None),
        ("14.10.2026", None),
    ],
)
def test_times_are_read_as_utc_unless_they_say_otherwise(
    text: str, moment: datetime | None
) -> None:
    assert parse_updated_at(text) == moment


def test_the_offset_of_a_time_is_kept() -> None:
    moment = parse_updated_at("2026-10-14T17:30:00+08:00")
    assert moment is not None
    assert moment.utcoffset() == timedelta(hours=8)
    assert moment.tzinfo == timezone(timedelta(hours=8))


def test_the_header_is_the_columns() -> None:
    assert HEADER.decode() == ",".join(COLUMNS) + "\n"


@pytest.mark.parametrize(
    "date",
    ["2026-10-00", "0000-00-00", "0000-00-00 00:00:00", "2026-00-14 09:30:00", "0000-10-14"],
)
def test_a_zero_date_of_a_database_is_a_bad_row_of_its_creator(date: str) -> None:
    (row,) = read_chunk(write_row("ana", URL, date))
    assert row == RejectedRow(1, Reason.BAD_ROW, 0, "ana")


@pytest.mark.parametrize("date", ["", "yesterday", "2026-10-14", "2026-13-40", "10-00-2026"])
def test_any_other_date_is_no_reason_to_reject_a_row(date: str) -> None:
    (row,) = read_chunk(write_row("ana", URL, date))
    assert isinstance(row, CoverRow)
