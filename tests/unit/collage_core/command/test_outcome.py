"""The line for the user when something cannot be written."""

import errno
import os
import sys

import pytest

from collage_core.command.outcome import (
    EXIT_FAILED,
    EXIT_INTERRUPTED,
    CommandError,
    exit_code_of,
    os_error_line,
    show,
)


def test_a_failed_write_is_said_to_be_of_what_was_written() -> None:
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert os_error_line(full, "here") == "here: No space left on device"


def test_a_result_that_stdout_does_not_take_ends_the_command_with_one_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    closed = os.fdopen(writer, "w")
    monkeypatch.setattr(sys, "stdout", closed)
    with pytest.raises(CommandError, match=r"^stdout: Broken pipe$") as raised:
        show("the result")
    assert raised.value.exit_code == EXIT_FAILED
    with pytest.raises(BrokenPipeError):
        closed.close()


def test_ctrl_c_at_any_moment_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    def work() -> None:
        raise KeyboardInterrupt

    assert exit_code_of("cover-collage where", work) == EXIT_INTERRUPTED
    assert capsys.readouterr().err == "cover-collage where: interrupted\n"
