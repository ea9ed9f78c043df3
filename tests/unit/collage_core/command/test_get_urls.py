"""What `get-urls` says of options that cannot be used, before it asks any database."""

from pathlib import Path

import pytest

from collage_core.command.main import main
from collage_core.command.mysql_url import FORM, MysqlUrl
from collage_core.command.outcome import EXIT_FAILED, EXIT_UNUSABLE

URL = "mysql://me:secret@db.example/covers"
DAYS = ["--from", "2026-10-01", "--to", "2026-11-01"]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--mysql", "me:secret@db.example", *DAYS], "it must begin with mysql://"),
        (["--mysql", "postgres://me:secret@db.example/x", *DAYS], "it must begin with mysql://"),
        (["--mysql", "mysql://me:secret@/covers", *DAYS], "the host is missing"),
        (["--mysql", "mysql://:secret@db.example/covers", *DAYS], "the user is missing"),
        (["--mysql", "mysql://me:secret@db.example", *DAYS], "the database is missing"),
        (["--mysql", "mysql://me:secret@db.example:x/covers", *DAYS], "the port must be a number"),
        (["--mysql", "mysql://me:secret@db.example:0/covers", *DAYS], "a number from 1 to 65535"),
        (["--mysql", "mysql://me:secret@[::1/covers", *DAYS], "the host cannot be read"),
        (["--mysql", "me:secret@db.example", *DAYS], f"write {FORM}"),
        (["--mysq1", "me:secret@db.example/x", "--mysql", URL, *DAYS], "unrecognized arguments: "),
        ([f"--mysq1={URL}", "--mysql", URL, *DAYS], "unrecognized arguments: --mysq1=mysql://…"),
        (["--mysql", "mysql://me:se/secret@db.example/covers", *DAYS], "as %2F %3F %23 %40"),
        (["--mysql", "mysql://me:se#secret@db.example/covers", *DAYS], "as %2F %3F %23 %40"),
        (["--mysql", f"{URL}/more", *DAYS], "options alone"),
        (["--mysql", f"{URL}?ssl=true", *DAYS], "ssl is not known"),
        (["--mysql", f"{URL}?ssl_mode=PREFERRED", *DAYS], "one of REQUIRED, VERIFY_CA"),
        (["--mysql", f"{URL}?ssl_ca=/no.pem", *DAYS], "ssl_ca needs ssl_mode"),
        (["--mysql", f"{URL}?ssl_mode=REQUIRED&ssl_ca=/no.pem", *DAYS], "is not a file"),
        (["--mysq1", URL, "--mysql", URL, *DAYS], "unrecognized arguments"),
        (["--mysql", URL, "--from", "2026-10-01"], "--to"),
        (
            ["--mysql", URL, "--from", "2026-10-01", "--to", "31.10.2026"],
            "write it like 2026-10-01",
        ),
        (
            ["--mysql", URL, "--from", "2026-02-30", "--to", "2026-03-01"],
            "'2026-02-30' is not a day",
        ),
        (["--mysql", URL, "--from", "20261001", "--to", "2026-11-01"], "'20261001' is not a day"),
        (["--mysql", URL, "--from", "2026-10-01", "--to", "2026-10-01"], "is not after --from"),
        (["--mysql", URL, *DAYS, "--table", "a.b.c"], "table of CoversTable is 'a.b.c'"),
        (["--mysql", URL, *DAYS, "--updated-at-holds", "unix"], "unix_seconds"),
    ],
)
def test_an_option_that_cannot_be_used_ends_in_one_line_without_the_password(
    arguments: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        code = main(["get-urls", *arguments])
    except SystemExit as left:
        code = int(left.code or 0)
    assert code == EXIT_UNUSABLE
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert complaint in said.err
    assert "secret" not in said.err


def test_the_parts_of_a_url_are_decoded_and_its_password_is_not_shown() -> None:
    url = MysqlUrl.parse("mariadb://me%40work:p%2F%3F%C3%A9@[::1]:3307/my%20covers")
    assert (url.user, url.password, url.host) == ("me@work", "p/?é", "::1")
    assert (url.port, url.database, url.ssl_mode) == (3307, "my covers", None)
    assert "p/?é" not in repr(url)
    assert MysqlUrl.parse("mysql://me@db/covers").password is None
    assert MysqlUrl.parse("mysql://me:@db/covers").password == ""


def test_every_setting_of_the_table_is_an_option_with_its_help(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        main(["get-urls", "--help"])
    said = capsys.readouterr().out
    for option in ("--table", "--creator-name", "--cover-json", "--updated-at-holds", "--only"):
        assert option in said


def test_a_folder_that_cannot_be_made_ends_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    for out in (tmp_path / "file", tmp_path / "file" / "below"):
        assert main(["get-urls", "--mysql", URL, *DAYS, "--out", str(out)]) == EXIT_FAILED
        said = capsys.readouterr()
        assert said.out == ""
        assert said.err.count("\n") == 1
        assert str(out) in said.err


def test_no_password_at_the_terminal_ends_it_with_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def end_of_input(_prompt: str) -> str:
        raise EOFError

    monkeypatch.delenv("MYSQL_PWD", raising=False)
    monkeypatch.setattr("getpass.getpass", end_of_input)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    url = "mysql://me@db.example/covers"
    assert main(["get-urls", "--mysql", url, *DAYS, "--out", str(tmp_path)]) == EXIT_UNUSABLE
    assert capsys.readouterr().err == "cover-collage get-urls: no password was given\n"
    assert not list(tmp_path.iterdir())
