"""What is known of the module without any AWS: its form, and the text of its policies."""

from tests.terraform.workspace import Workspace


def test_it_is_written_as_terraform_writes_it(workspace: Workspace) -> None:
    assert workspace.terraform("fmt", "-check", "-diff", "-recursive") == ""


def test_it_is_valid(workspace: Workspace) -> None:
    workspace.terraform("validate", "-no-color")


def test_its_own_tests_pass(workspace: Workspace) -> None:
    said = workspace.terraform("test", "-no-color", "-verbose")
    assert "0 failed" in said
    # All that `make deploy` would show of an account with a header for a host.
    assert '"REQUEST_HEADERS"' in said
    assert "s3cret" not in said
