"""The command as a user starts it: a process of its own, its streams and its exit code."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from collage_core.__main__ import _parser, main
from tests.support.cover_host import CoverHost, cover_host, response, silence
from tests.support.pictures import cell_of, encoded, numbered, read_number

REPO = Path(__file__).parents[3]
COMMAND = [sys.executable, "-m", "collage_core"]
HEADER = "creator_name,cover_url,updated_at\n"

RECORD = "results/run-records/2026/10/01/20261001_000000_command-line-20261001_000000"


@pytest.fixture(scope="module")
def host() -> Iterator[CoverHost]:
    with cover_host() as server:
        for number in range(10):
            server.answer(f"/{number}.jpg", response(encoded(numbered(number))))
        server.answer("/silence", silence)
        yield server


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603  our own program
        [*COMMAND, *map(str, arguments)],
        cwd=REPO,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def refused(capfd: pytest.CaptureFixture[str], *arguments: object) -> list[str]:
    """The lines on stderr of arguments that it cannot use, in this process, which is quicker."""
    try:
        code = main([*map(str, arguments)])
    except SystemExit as end:
        code = end.code  # type: ignore[assignment]
    written = capfd.readouterr()
    assert (code, written.out) == (2, "")
    return written.err.splitlines()


def summary(finished: subprocess.CompletedProcess[str]) -> Any:
    return json.loads(finished.stdout.splitlines()[-1])


@pytest.fixture
def covers(host: CoverHost, tmp_path: Path) -> Path:
    """Two creators out of order, a dead cover and a bad row."""
    path = tmp_path / "covers.csv"
    path.write_text(
        HEADER
        + f"bo,{host.url('/5.jpg')},2026-09-01\n"
        + f"ana,{host.url('/1.jpg')},2026-09-01\n"
        + "ana,nonsense,2026-09-01\n"
        + f"bo,{host.url('/gone.jpg?x-signature=secret')},2026-09-02\n"
        + f"ana,{host.url('/2.jpg')},2026-09-02\n"
    )
    return path


def test_collages_and_a_summary_come_out(covers: Path, tmp_path: Path) -> None:
    out = tmp_path / "made" / "here"
    options = ("--allow-host", "127.0.0.1", "--timestamp", "20261001_000000", "--rows", 2)
    finished = run(covers, "--out", out, *options, "--cols", 2, "--no-trim")
    assert finished.returncode == 0, finished.stderr
    books = summary(finished)
    assert books["rows"] == {
        "total": 5,
        "placed": 3,
        "duplicate": 0,
        "not_selected": 0,
        "rejected": 1,
        "failed": 1,
    }
    assert books["reasons"] == {"http_404": 1, "invalid_url": 1}
    assert books["creators"] == {"total": 2, "complete": 1, "partial": 1, "failed": 0}
    assert books["rejected"] == [{"line": 4, "reason": "invalid_url"}]

    collage = Image.open(out / "collages/manual/ana_collage_20261001_000000.jpg")
    assert collage.size == (600, 800)
    assert [read_number(cell_of(collage, index, 2)) for index in (0, 1)] == [2, 1]
    assert sorted(path.relative_to(out).as_posix() for path in out.rglob("*.*")) == [
        "collages/by-creator/ana/ana_collage_20261001_000000.jpg",
        "collages/by-creator/bo/bo_collage_20261001_000000.jpg",
        "collages/manual/ana_collage_20261001_000000.jpg",
        "collages/manual/bo_collage_20261001_000000.jpg",
        "contact-sheet.jpg",
        "index.html",
        "metadata/2026/10/01/ana_metadata_20261001_000000.json",
        "metadata/2026/10/01/bo_metadata_20261001_000000.json",
        "results/processing-summaries/2026/10/batch_results_20261001.csv",
        "results/processing-summaries/2026/10/processing_summary_20261001_000000.json",
        "results/processing-summaries/2026/10/refresh_list_20261001_000000.csv",
        f"{RECORD}/creators_00001.json",
        f"{RECORD}/manifest.json",
        "thumbnails/2026/10/01/ana_thumb_20261001_000000.jpg",
        "thumbnails/2026/10/01/bo_thumb_20261001_000000.jpg",
    ]
    assert "4/4" in finished.stderr  # the progress bar; the bad row never was a cover
    assert "Failed to download" in finished.stderr
    assert "secret" not in finished.stderr + finished.stdout


def test_cells_may_have_another_size(covers: Path, tmp_path: Path) -> None:
    options = ("--allow-host", "127.0.0.1", "--timestamp", "20261001_000000", "--rows", 2)
    options = (*options, "--cols", 2, "--no-trim")
    finished = run(covers, "--out", tmp_path, *options, "--cell-size", "180x240")
    assert finished.returncode == 0, finished.stderr
    collage = Image.open(tmp_path / "collages/manual/ana_collage_20261001_000000.jpg")
    assert collage.size == (360, 480)


def test_the_options_of_the_picture_reach_it_and_its_metadata(covers: Path, tmp_path: Path) -> None:
    options = ("--allow-host", "127.0.0.1", "--timestamp", "20261001_000000")
    picture = (
        "--no-trim",
        "--order",
        "oldest",
        "--gutter",
        4,
        "--margin",
        6,
        "--title",
        "{creator}",
    )
    finished = run(covers, "--out", tmp_path, *options, *picture, "--rows", 1, "--cols", 3)
    assert finished.returncode == 0, finished.stderr
    metadata = json.loads(
        (tmp_path / "metadata/2026/10/01/ana_metadata_20261001_000000.json").read_text()
    )
    assert metadata["grid"]["canvas"] == {
        "width": 6 + 300 + 4 + 300 + 4 + 300 + 6,
        "height": 6 + 66 + 400 + 6,
        "rows": 1,
        "cols": 3,
        "left": 6,
        "top": 72,
        "gutter": 4,
    }
    assert [cell["url"].rpartition("/")[2] for cell in metadata["cells"]] == ["1.jpg", "2.jpg"]


def test_new_runs_have_the_defaults_of_the_settings(covers: Path, tmp_path: Path) -> None:
    options = ("--allow-host", "127.0.0.1", "--timestamp", "20261001_000000")
    run(covers, "--out", tmp_path, *options)
    metadata = json.loads(
        (tmp_path / "metadata/2026/10/01/ana_metadata_20261001_000000.json").read_text()
    )
    canvas = metadata["grid"]["canvas"]
    assert (canvas["width"], canvas["height"]) == (600, 400)


@pytest.mark.parametrize(
    ("option", "value", "rule"),
    [
        ("--fit", "cover", "it must be one of fill, contain, blur"),
        ("--gutter", "101", "it must be a whole number from 0 to 100"),
        ("--background", "red", "it must be a colour such as #eeeeec"),
        ("--title", "{name}", "with no braces but those of {creator}, {start} and {end}"),
        ("--max-bytes", "9999", "it must be a whole number from 10000 to 50000000"),
    ],
)
def test_an_option_of_the_picture_that_is_not_possible_is_one_line(
    covers: Path,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    option: str,
    value: str,
    rule: str,
) -> None:
    *_, line = refused(capfd, covers, "--out", tmp_path / "out", option, value)
    assert f"argument {option}: {value!r} is not possible: " in line
    assert rule in line


def test_a_gutter_that_makes_the_canvas_too_large_is_refused(
    covers: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    options = ("--rows", 20, "--cols", 20, "--gutter", 1)
    lines = refused(capfd, covers, "--out", tmp_path / "out", *options)
    assert "the canvas has 6019x8019 pixels" in lines[-1]


@pytest.mark.thorough
def test_a_second_run_gives_the_same_bytes(covers: Path, tmp_path: Path) -> None:
    pictures = []
    for name in ("first", "second"):
        out = tmp_path / name
        run(covers, "--out", out, "--allow-host", "127.0.0.1", "--timestamp", "20261001_000000")
        pictures.append({path.name: path.read_bytes() for path in out.rglob("*.jpg")})
    assert pictures[0] == pictures[1]
    assert len(pictures[0]) == 5


def test_a_csv_that_is_too_large_is_refused_without_being_read(tmp_path: Path) -> None:
    path = tmp_path / "covers.csv"
    with path.open("wb") as file:
        file.truncate(1 << 40)  # a hole, of more bytes than there is memory
    finished = run(path, "--out", tmp_path / "out")
    assert finished.returncode == 2
    assert "the file has 1048576.0 MiB: at most 64 MiB are allowed" in finished.stderr
    assert len(finished.stderr.splitlines()) == 1


def test_a_run_that_places_nothing_has_its_books_and_an_exit_code_of_its_own(
    covers: Path, tmp_path: Path
) -> None:
    finished = run(covers, "--out", tmp_path / "out")
    assert finished.returncode == 3
    line = finished.stderr.splitlines()[-1]
    assert line == (
        "collage_core: nothing was placed: 4 of 5 rows failed and 1 cannot be used; "
        f"{tmp_path}/out/index.html has the reasons and what to do"
    )
    assert (tmp_path / "out" / "index.html").is_file()
    assert not (tmp_path / "out" / "contact-sheet.jpg").exists()
    assert summary(finished)["reasons"] == {"blocked_address": 4, "invalid_url": 1}


def test_hosts_in_one_option_are_refused_with_the_options_that_are_meant(
    covers: Path, tmp_path: Path
) -> None:
    finished = run(covers, "--out", tmp_path, "--allow-host", "127.0.0.1, *.cdn.example")
    assert finished.returncode == 2
    (line,) = finished.stderr.splitlines()
    written = re.search(r": write (--allow-host .*) \(--help", line)
    assert written
    finished = run(covers, "--out", tmp_path, *shlex.split(written[1]))
    assert finished.returncode == 0
    assert summary(finished)["rows"]["placed"] == 3


@pytest.mark.thorough
def test_a_run_whose_covers_were_all_blocked_gives_the_options_to_add(
    covers: Path, tmp_path: Path
) -> None:
    blocked = run(covers, "--out", tmp_path / "out")
    (line,) = (line for line in blocked.stderr.splitlines() if "are not asked" in line)
    assert line.startswith("4 covers are on hosts that are not asked.")
    options = shlex.split(line.rpartition("add: ")[2])
    finished = run(covers, "--out", tmp_path / "out", *options)
    assert finished.returncode == 0
    assert summary(finished)["rows"]["placed"] == 3
    assert "not asked" not in finished.stderr


@pytest.mark.thorough
def test_hosts_that_were_allowed_stay_so_with_the_options_to_add(
    host: CoverHost, tmp_path: Path
) -> None:
    path, out = tmp_path / "covers.csv", tmp_path / "out"
    other = host.url("/2.jpg").replace("127.0.0.1", "localhost")
    path.write_text(f"{HEADER}ana,{host.url('/1.jpg')},2026-09-01\nana,{other},2026-09-02\n")
    given = ["--allow-host", "127.0.0.1"]
    (line,) = (
        line for line in run(path, "--out", out, *given).stderr.splitlines() if "not asked" in line
    )
    assert line == (
        "1 cover is on hosts that are not asked. If they are meant, add: --allow-host localhost"
    )
    finished = run(path, "--out", out, *given, *shlex.split(line.rpartition("add: ")[2]))
    assert summary(finished)["rows"]["placed"] == 2


def test_a_csv_with_nothing_but_its_header_is_an_empty_run(tmp_path: Path) -> None:
    (tmp_path / "covers.csv").write_text(HEADER)
    finished = run(tmp_path / "covers.csv", "--out", tmp_path / "out")
    assert finished.returncode == 0
    assert summary(finished)["status"] == "empty"


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "the file is empty"),
        (b"name,url\na,b\n", "column creator_name is missing"),
        (b"creator_name,cover_url,updated_at\n\xff\xfe,x,y\n", "is not UTF-8"),
    ],
)
def test_a_csv_that_cannot_be_used_ends_with_one_clear_line(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], content: bytes, complaint: str
) -> None:
    path = tmp_path / "covers.csv"
    path.write_bytes(content)
    (line,) = refused(capfd, path, "--out", tmp_path / "out")
    assert line.startswith(f"collage_core: {path}: ")
    assert complaint in line


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--rows", "0"], "--rows: '0'"),
        (["--cols", "21"], "1 to 20"),
        (["--quality", "high"], "--quality: 'high'"),
        (["--timestamp", "2026-10-01"], "YYYYMMDD_HHMMSS"),
        (["--speed", "9"], "--speed"),
        (["--allow-host", "127.0.0.1:9"], "has a port: write '127.0.0.1'"),
        (["--allow-host", "http://127.0.0.1"], "has a scheme: write '127.0.0.1'"),
        (["--allow-host", " 127.0.0.1"], "has a blank: write '127.0.0.1'"),
        (["--allow-host", ""], "--allow-host: ''"),
        (["--allow-host", " , "], "--allow-host: ' , '"),
        (["--allow-host", "*"] * 2 + ["--allow-host", "a.example/x"], "write 'a.example'"),
        (["--request-headers", '{"a": {"Host": "b"}}'], "'Host' for 'a' would ask another host"),
        (["--request-headers", "Referer: x"], 'it must be JSON such as {"*.cdn.example": '),
        (["--cell-size", "200x200"], "'180x240', '300x400', '360x480'"),
        (["--cell-size", "360x480", "--rows", "20", "--cols", "20"], "with --cell-size"),
    ],
)
def test_an_option_that_cannot_be_used_ends_with_one_clear_line(
    covers: Path,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    options: list[str],
    complaint: str,
) -> None:
    (line,) = refused(capfd, covers, "--out", tmp_path / "out", *options)
    assert complaint in line


def test_a_csv_that_is_not_there_and_a_folder_that_cannot_be_made(
    covers: Path, tmp_path: Path
) -> None:
    for arguments in ([tmp_path / "no.csv", "--out", tmp_path], [covers, "--out", covers]):
        finished = run(*arguments)
        assert finished.returncode == 2
        assert len(finished.stderr.splitlines()) == 1


def test_ctrl_c_ends_it_at_once_and_leaves_no_half_files(host: CoverHost, tmp_path: Path) -> None:
    path, out = tmp_path / "covers.csv", tmp_path / "out"
    path.write_text(
        f"{HEADER}ana,{host.url('/1.jpg')},2026-09-01\nbo,{host.url('/silence')},2026-09-01\n"
    )
    before = host.requests["/silence"]
    command = [*COMMAND, str(path), "--out", str(out), "--allow-host", "127.0.0.1"]
    with subprocess.Popen(  # noqa: S603  our own program
        command, cwd=REPO, stderr=subprocess.PIPE, text=True
    ) as process:
        while host.requests["/silence"] == before:
            assert process.poll() is None
        while not list(out.rglob("ana_metadata*")):
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=5)
    assert process.returncode == 130
    assert "interrupted" in errors.splitlines()[-1]
    assert "Traceback" not in errors
    assert not list(out.rglob(".unfinished*"))


def test_a_folder_that_cannot_be_written_to_ends_it_without_waiting_for_downloads(
    host: CoverHost, tmp_path: Path
) -> None:
    path, out = tmp_path / "covers.csv", tmp_path / "out"
    hanging = [f"bo,{host.url(f'/silence?{number}')},2026-09-01" for number in range(3)]
    path.write_text("\n".join([f"{HEADER}ana,{host.url('/1.jpg')},2026-09-01", *hanging, ""]))
    out.mkdir()
    (out / "thumbnails").write_text("a file, and no folder")
    options = ("--allow-host", "127.0.0.1", "--timeout", 300)  # longer than `run` waits
    finished = run(path, "--out", out, *options)
    assert (finished.returncode, finished.stdout) == (1, "")
    line = finished.stderr.splitlines()[-1]
    assert line.startswith("collage_core: ")
    assert str(out / "thumbnails") in line
    assert "Traceback" not in finished.stderr
    assert not list(out.rglob(".unfinished*"))


def test_a_full_disk_is_one_line_with_the_folder(covers: Path, tmp_path: Path) -> None:
    options = [covers, "--out", tmp_path / "out", "--allow-host", "127.0.0.1"]
    # No file may have more than 4 KiB: to the command it is a disk that is full.
    limited = [sys.executable, "-c", _WITH_SMALL_FILES, *COMMAND, *map(str, options)]
    finished = subprocess.run(  # noqa: S603  our own program
        limited, cwd=REPO, capture_output=True, text=True, timeout=60, check=False
    )
    assert finished.returncode == 1
    assert finished.stderr.splitlines()[-1] == f"collage_core: {tmp_path}/out: File too large"
    assert not list((tmp_path / "out").rglob(".unfinished*"))


_WITH_SMALL_FILES = """
import os, resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
os.execv(sys.argv[1], sys.argv[1:])
"""


def test_a_page_that_cannot_be_replaced_is_named(covers: Path, tmp_path: Path) -> None:
    (tmp_path / "index.html").mkdir()
    finished = run(covers, "--out", tmp_path, "--allow-host", "127.0.0.1")
    assert finished.returncode == 1
    line = finished.stderr.splitlines()[-1]
    assert line == f"collage_core: {tmp_path}/index.html: Is a directory"


def test_help_names_every_option_and_its_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "1000")
    finished = run("--help")
    assert finished.returncode == 0
    in_words = {
        "timestamp": "now",
        "allow_host": "any public host",
        "request_headers": "none",
        "host_limits": "none",
        "json": "a table there",
        "title": "none",
        "max_bytes": "no limit",
    }
    for option in _parser()._actions:
        for name in option.option_strings or ["COVERS.csv"]:
            assert name in finished.stdout
        told = (option.help or "") % vars(option)
        assert told in finished.stdout
        if option.option_strings and option.dest != "help" and not option.required:
            default = in_words.get(option.dest, option.default)
            if isinstance(default, bool):
                default = "yes" if default else "no"
            assert told.endswith(f"(default: {default})"), name
    assert "--cell-size {180x240,300x400,360x480}" in finished.stdout


def test_dates_that_a_spreadsheet_saved_again_still_put_the_newest_cover_first(
    host: CoverHost, tmp_path: Path
) -> None:
    path = tmp_path / "covers.csv"
    rows = [(1, "9/30/2026 8:30"), (2, "10/2/2026 7:30"), (3, "10/1/2026 23:30"), (4, "soon")]
    lines = [f"ana;{host.url(f'/{number}.jpg')};{date}" for number, date in rows]
    path.write_text("\n".join(["sep=;", HEADER.strip().replace(",", ";"), *lines]))
    finished = run(path, "--out", tmp_path / "out", "--allow-host", "127.0.0.1")
    assert finished.returncode == 0, finished.stderr
    assert summary(finished)["dates"] == {"read": 3, "unread": 1, "format": "month/day/year"}
    assert finished.stderr.count("1 of 4 dates cannot be read") == 1
    (document,) = (tmp_path / "out" / "metadata").rglob("*_metadata_*.json")
    cells = json.loads(document.read_text())["cells"]
    assert [Path(cell["url"]).stem for cell in cells] == ["2", "3", "1", "4"]


def test_a_file_of_which_no_date_can_be_read_is_refused_in_one_line(
    host: CoverHost, tmp_path: Path
) -> None:
    path = tmp_path / "covers.csv"
    rows = "".join(f"ana,{host.url(f'/{n}.jpg')},{n}/{3 - n}/2026 8:30\n" for n in (1, 2))
    path.write_text(HEADER + rows)
    finished = run(path, "--out", tmp_path / "out", "--allow-host", "127.0.0.1")
    assert finished.returncode == 2
    assert "line 2 is '1/2/2026 8:30'" in finished.stderr
    assert finished.stderr.count("\n") == 1


def test_the_name_of_a_csv_may_be_any_bytes(covers: Path, tmp_path: Path) -> None:
    odd = tmp_path / os.fsdecode(b"caf\xe9.csv")
    odd.write_bytes(covers.read_bytes())
    finished = run(odd, "--out", tmp_path / "out", "--allow-host", "127.0.0.1")
    assert finished.returncode == 0, finished.stderr
    assert summary(finished)["source"]["key"] == "caf\N{REPLACEMENT CHARACTER}.csv"


def test_a_reader_of_stdout_that_is_gone_ends_it_with_one_line(
    covers: Path, tmp_path: Path
) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    finished = subprocess.run(  # noqa: S603  our own program
        [*COMMAND, str(covers), "--out", str(tmp_path / "out")],
        cwd=REPO,
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
        check=False,
    )
    os.close(writer)
    assert finished.returncode == 1
    assert finished.stderr.splitlines()[-1] == "collage_core: stdout: Broken pipe"


def on_a_terminal(*arguments: object) -> tuple[int, str]:
    """The exit code, and all that a person sees, without colours."""
    with subprocess.Popen(  # noqa: S603  our own program
        [sys.executable, "-c", _IN_A_PTY, *COMMAND, *map(str, arguments)],
        cwd=REPO,
        env={**os.environ, "COLUMNS": "100", "TERM": "xterm"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        seen, _ = process.communicate(timeout=60)
    return process.returncode, re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", seen).replace("\r", "")


_IN_A_PTY = """
import os, pty, sys
sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))
"""


def test_a_person_at_a_terminal_gets_the_books_and_the_paths_of_the_pictures(
    covers: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    options = ("--allow-host", "127.0.0.1", "--timestamp", "20261001_000000")
    code, seen = on_a_terminal(covers, "--out", out, *options)
    assert code == 0
    assert "Run command-line-20261001_000000 is partial" in seen
    assert re.search(r"│ +placed +│ +3 │ on a collage", seen)
    assert re.search(r"│ +http_404 +│ +1 │ the cover is gone", seen)
    assert "Failed to download" not in seen  # it is in the table, and on the page
    assert '"schema_version"' not in seen
    paths = [
        Path(path) for path in re.findall(rf"({re.escape(str(tmp_path))}\S*)$", seen, re.MULTILINE)
    ]
    assert paths == [
        out,
        out / "collages/manual/ana_collage_20261001_000000.jpg",
        out / "collages/manual/bo_collage_20261001_000000.jpg",
        out / "contact-sheet.jpg",
        out / "index.html",
    ]
    assert [path for path in paths if not path.exists()] == []


@pytest.mark.thorough
def test_a_person_at_a_terminal_can_have_the_summary_instead(covers: Path, tmp_path: Path) -> None:
    options = ("--allow-host", "127.0.0.1", "--json")
    code, seen = on_a_terminal(covers, "--out", tmp_path / "out", *options)
    assert code == 0
    assert json.loads(seen.strip().splitlines()[-1])["rows"]["placed"] == 3
    assert "│ " not in seen.splitlines()[-1]


@pytest.mark.thorough
def test_a_person_at_a_terminal_is_told_which_hosts_to_allow(covers: Path, tmp_path: Path) -> None:
    code, seen = on_a_terminal(covers, "--out", tmp_path / "out")
    assert code == 3
    (options,) = re.findall(r"If they are meant, add: (.*)$", seen, re.MULTILINE)
    code, seen = on_a_terminal(covers, "--out", tmp_path / "out", *shlex.split(options))
    assert code == 0
    assert "not asked" not in seen


def test_a_csv_whose_suffix_is_in_capitals_is_read(covers: Path, tmp_path: Path) -> None:
    capitals = covers.rename(tmp_path / "October best.CSV")
    finished = run(capitals, "--out", tmp_path / "out", "--allow-host", "127.0.0.1")
    assert finished.returncode == 0, finished.stderr
    assert summary(finished)["source"]["key"] == "October best.CSV"


def test_the_page_and_the_sheet_are_those_of_the_last_run(covers: Path, tmp_path: Path) -> None:
    out, allowed = tmp_path / "out", ("--allow-host", "127.0.0.1")
    run(covers, "--out", out, *allowed, "--timestamp", "20261001_000000")
    run(covers, "--out", out, *allowed, "--timestamp", "20261002_000000")
    page = (out / "index.html").read_text()
    assert "20261002_000000" in page
    assert "20261001_000000" not in page
    assert (out / "collages/manual/ana_collage_20261001_000000.jpg").is_file()
    run(covers, "--out", out)
    assert not (out / "contact-sheet.jpg").exists()  # it would show another run's collages


@pytest.mark.thorough
@pytest.mark.parametrize("suffix", ["webp", "png"])
def test_the_page_links_files_that_are_there_in_every_format(
    covers: Path, tmp_path: Path, suffix: str
) -> None:
    out = tmp_path / "out"
    run(covers, "--out", out, "--allow-host", "127.0.0.1", "--format", suffix)
    (data,) = re.findall(r'id="data">(.*?)</script>', (out / "index.html").read_text())
    patterns = json.loads(data)["keys"]
    assert set(patterns) == {"collage", "copy", "thumbnail", "metadata"}
    for pattern in patterns.values():
        assert (out / pattern.replace("{}", "ana")).is_file()


def test_a_terminal_that_knows_ascii_alone_shows_the_whole_report(
    covers: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    code, seen = on_a_terminal(covers, "--out", tmp_path / "für Ana", "--allow-host", "127.0.0.1")
    assert code == 0
    assert "Traceback" not in seen
    assert r"f\xfcr Ana/index.html" in seen
