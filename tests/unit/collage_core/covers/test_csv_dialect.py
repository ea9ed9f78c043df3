import pytest
from hypothesis import given
from hypothesis import strategies as st

from collage_core.contract.rejected import RejectedRow
from collage_core.covers.cover_csv import HEADER, TextRow, read_chunk, read_file
from collage_core.covers.csv_dialect import COLUMNS, open_csv
from collage_core.covers.csv_encoding import count_lines
from collage_core.covers.csv_records import (
    LONGEST_ROW,
    Format,
    Lines,
    lines_of,
    records,
    records_of_chunk,
    records_of_file,
)
from collage_core.covers.ingest import MAX_CSV_LINES, ingest_csv
from collage_core.errors import CsvFormatError

PLAIN = (
    "creator_name,cover_url,updated_at\n"
    "ana,http://h/1.jpg?a=1,2026-10-01\n"
    "böö 🦄,http://h/2.jpg,2026-10-02\n"
    "ana,nothing,2026-10-03\n"
)
EXPECTED = [
    ("ana", "http://h/1.jpg?a=1", 2),
    ("böö 🦄", "http://h/2.jpg", 3),
    ("rejected", "invalid_url", 4),
]


def seen(data: bytes) -> list[tuple[str, str, int]]:
    return [
        (row.creator, row.url, row.line)
        if isinstance(row, TextRow)
        else ("rejected", row.reason, row.line)
        for row in read_file(data)
    ]


SEPARATED = {name: PLAIN.replace(",", name) for name in ",;\t|"}
WRITTEN = {
    **{f"separated by {name!r}": text for name, text in SEPARATED.items()},
    "trailing separators": PLAIN.replace("\n", ",,,\n"),
    "trailing separators in rows alone": PLAIN.replace("\n", ";;\n").replace(",", ";"),
    "quoted": PLAIN.replace(",", '","').replace("\n", '"\n"')[:-1].join(['"', ""]),
    "blanks behind commas": PLAIN.replace(",", ", "),
    "blanks around commas": PLAIN.replace(",", " , "),
    "blanks around URLs": PLAIN.replace(",http", ", \u00a0http").replace("jpg,", "jpg\u200b ,"),
    "blanks around columns": PLAIN.replace("cover_url,", "\ufeffCover_URL\u00a0,"),
}


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]
)
@pytest.mark.parametrize("written", WRITTEN)
def test_exports_are_read_in_every_encoding_and_with_every_line_end(
    written: str, encoding: str, ends: str
) -> None:
    data = WRITTEN[written].replace("\n", ends).encode(encoding)
    assert seen(data) == EXPECTED
    assert count_lines(data) == WRITTEN[written].count("\n")


@pytest.mark.parametrize("said", ["sep=;", "SEP=;", '"sep=;"', "sep=;;;", "\nsep=;", "sep=,"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_sep_line_is_not_the_header_but_counts_as_a_line(said: str, encoding: str) -> None:
    rows = seen(f"{said}\n{SEPARATED[';']}".encode(encoding))
    added = said.count("\n") + 1
    assert rows == [(creator, url, line + added) for creator, url, line in EXPECTED]


def test_a_sep_line_may_declare_any_separator() -> None:
    assert seen(f"sep=^\n{PLAIN.replace(',', '^')}".encode())[0][:2] == EXPECTED[0][:2]


def test_rows_of_separators_and_repeated_headers_are_ignored() -> None:
    text = PLAIN.replace("\nana", f"\n,,\n\ufeff{HEADER.decode()}\r\n,,,,\nana", 1)
    assert [line for *_, line in seen(text.encode())] == [6, 7, 8]
    assert seen(f",,\n{PLAIN}".encode())[0] == ("ana", "http://h/1.jpg?a=1", 3)


def test_an_empty_row_of_a_chunk_is_still_counted() -> None:
    assert [row.reason for row in read_chunk(b",,\n") if isinstance(row, RejectedRow)] == [
        "no_creator"
    ]


def test_blanks_of_a_name_are_kept_unless_the_header_has_them_too() -> None:
    text = "cover_url,creator_name,updated_at\nhttp://h/1, ana ,\n"
    assert seen(text.encode())[0][0] == " ana "
    assert seen(text.replace(",", ", ").encode())[0][0] == "ana "


@pytest.mark.parametrize(
    ("data", "named"),
    [
        (PLAIN.encode("cp1252", "ignore"), r"line 3, is 0xf6, .* not UTF-8.*Windows-1252.*Save As"),
        (b"PK\x03\x04\x14\0", r"Excel workbook \(\.xlsx\).*Save As"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", r"\(\.xls\).*Save As"),
        (b"\x1f\x8b\x08", "gzip"),
        (b"<!DOCTYPE html>\n<title>Sign in</title>", "HTML"),
        (b'[{"creator_name": "ana"}]', "JSON"),
        (b"creator_name cover_url updated_at\n", "not separated by commas, semicolons"),
        (b"creator_name;cover_url;date\n", "updated_at is missing from line 1.*semicolons"),
        (b"sep=;\ncreator_name;cover_url\n", "updated_at is missing from line 2"),
        (b",,\n,,\n", "creator_name is missing"),
        ("\u00a0\n".encode(), "no line with text"),
        (PLAIN.encode("utf-16")[:-1], "not UTF-16"),
        (b"\xff\xfe" + "a\ud800b".encode("utf-16-le", "surrogatepass"), "not UTF-16"),
    ],
)
def test_a_file_that_is_not_a_csv_is_refused_with_its_format(data: bytes, named: str) -> None:
    with pytest.raises(CsvFormatError, match=f"(?s){named}"):
        read_file(data)


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_too_many_lines_are_refused_whatever_ends_them(end: str, encoding: str) -> None:
    data = (f"x{end}" * (MAX_CSV_LINES + 1)).encode(encoding)
    with pytest.raises(CsvFormatError, match="500001 lines"):
        ingest_csv(data, chunk_rows=9)


pieces = st.lists(
    st.sampled_from(
        ["a", "é", ",", '"', '""', "\n", "\r\n", "\r", "\0", "ana,http://h/1,2\n", '"x\ny",', " "]
    ),
    max_size=40,
).map("".join)


@given(pieces, st.booleans(), st.booleans())
def test_records_are_the_same_whether_read_by_blocks_or_line_by_line(
    text: str, ends_in_cr: bool, blank_after: bool
) -> None:
    form = Format(ends_in_cr=ends_in_cr, blank_after_separator=blank_after)
    data = text.encode()
    one_by_one = [
        (record.line, record.fields) for record in records(lines_of(data, 0, 1, form), form)
    ]
    assert list(records_of_file(data, 0, 1, form)) == one_by_one


@given(pieces.map(str.encode) | st.binary(max_size=60))
def test_records_of_a_chunk_are_the_same_and_keep_their_bytes(data: bytes) -> None:
    assert list(records_of_chunk(data)) == list(records(Lines(data)))


@pytest.mark.parametrize(
    "text",
    [
        "ana,http://h/1,2\n" * 20_000,
        ("ana,http://h/é,2\n" * 7_000 + '"open\n') * 4,
        "x" * (LONGEST_ROW + 9) + "\n" + "é" * LONGEST_ROW + "\na,b\n",
        '"' + "x\n" * 31 + '",\n' + '"' + "x\n" * 32 + '",\n' + "a,b\n" * 40_000,
    ],
    ids=["many blocks", "open quotes", "long rows", "rows of many lines"],
)
def test_records_are_the_same_across_blocks(text: str) -> None:
    data = text.encode()
    one_by_one = [(record.line, record.fields) for record in records(Lines(data))]
    assert list(records_of_file(data, 0, 1, Format())) == one_by_one
    assert list(records_of_chunk(data)) == list(records(Lines(data)))


@pytest.mark.parametrize("separator", ",;\t")
def test_the_type_line_of_windows_powershell_is_ignored(separator: str) -> None:
    lines = [
        "#TYPE System.Management.Automation.PSCustomObject",
        separator.join(f'"{column}"' for column in COLUMNS),
        separator.join(['"ana"', '"http://h/1"', '"2026-10-14"']),
        "no row",
    ]
    rows = list(read_file("\r\n".join(lines).encode()))
    assert [row.line for row in rows] == [3, 4]
    assert rows[0] == TextRow("ana", "http://h/1", "2026-10-14", 3)


def test_a_header_in_one_pair_of_quotes_is_refused_with_what_is_wrong() -> None:
    with pytest.raises(CsvFormatError, match="line 1, which is in one pair of quotes"):
        open_csv(f'"{",".join(COLUMNS)}"\n"ana,http://h/1,"\n'.encode())


def test_the_header_line_decides_the_separator_and_not_the_rows() -> None:
    opened = open_csv(b"creator_name;cover_url;updated_at\na,b;http://h/1,2,3;2026-10-01\n")
    assert opened.form.delimiter == ";"
