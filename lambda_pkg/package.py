"""`python -m lambda_pkg.package`: the function's zip, the same bytes whenever it is built.

It holds `collage_core`, `lambda_pkg` and the wheels of `requirements.txt` for the machine
that Lambda runs it on, so it can be built on any other. Needs `uv`.
"""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

_REPO = Path(__file__).resolve().parents[1]
_REQUIREMENTS = _REPO / "lambda_pkg" / "requirements.txt"
_PYTHON_VERSION = "3.12"
# Lambda's Python 3.12 runs on Amazon Linux 2023, which has glibc 2.34.
_PLATFORMS = {"arm64": "aarch64-manylinux_2_28", "x86_64": "x86_64-manylinux_2_28"}

# The command line draws with tqdm and this module needs uv: neither is in the zip.
_NOT_OURS = {"__main__.py", "package.py"}
# An installer notes in them when, how and where to it installed.
_INSTALLER_NOTES = {"INSTALLER", "RECORD", "REQUESTED", "direct_url.json"}

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest date that a zip can hold
_READABLE_FILE = 0o100644  # Lambda runs as another user than the one who built this
_UNIX = 3


def build(out: Path, *, arch: str) -> None:
    """Write the zip for `arch` to `out`, complete or not at all.

    Raises CalledProcessError when uv cannot install a wheel, after uv has said why.
    """
    with tempfile.TemporaryDirectory() as folder:
        wheels = Path(folder)
        _install_wheels(wheels, platform=_PLATFORMS[arch])
        write_zip(out, {**_own_files(_REPO), **_installed_files(wheels)})


def write_zip(out: Path, files: Mapping[str, Path]) -> None:
    """Write files under the given names: in order, with one date and one mode for all."""
    out.parent.mkdir(parents=True, exist_ok=True)
    unfinished = out.with_suffix(".part")
    with zipfile.ZipFile(unfinished, "w") as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, date_time=_EPOCH)
            entry.create_system = _UNIX
            entry.external_attr = _READABLE_FILE << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, files[name].read_bytes(), compresslevel=9)
    unfinished.replace(out)


def _own_files(repo: Path) -> dict[str, Path]:
    return {
        path.relative_to(repo).as_posix(): path
        for package in ("collage_core", "lambda_pkg")
        for path in (repo / package).rglob("*.py")
        if path.name not in _NOT_OURS
    }


def _installed_files(folder: Path) -> dict[str, Path]:
    return {path.relative_to(folder).as_posix(): path for path in _wanted(folder)}


def _wanted(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        # Scripts in bin/ begin with the path of the Python that installed them.
        is_script = path.relative_to(folder).parts[0] == "bin"
        if path.is_file() and not is_script and path.name not in _INSTALLER_NOTES:
            yield path


def _install_wheels(target: Path, *, platform: str) -> None:
    uv = os.environ.get("UV") or shutil.which("uv")
    if uv is None:
        sys.exit("uv is not on PATH: run `make package`, or name it in the variable UV")
    command = [uv, "pip", "install", "--quiet", "--target", str(target)]
    command += ["--python", sys.executable, "--python-version", _PYTHON_VERSION]
    command += ["--python-platform", platform, "--only-binary", ":all:", "--no-deps"]
    command += ["--no-compile-bytecode", "--require-hashes", "--requirements", str(_REQUIREMENTS)]
    subprocess.run(command, check=True)  # noqa: S603 - a fixed program with our own arguments


def _main() -> None:
    parser = argparse.ArgumentParser(prog="python -m lambda_pkg.package", description=__doc__)
    parser.add_argument("--arch", choices=sorted(_PLATFORMS), default="arm64")
    parser.add_argument("--out", type=Path, default=_REPO / "dist" / "collage_lambda.zip")
    options = parser.parse_args()
    try:
        build(options.out, arch=options.arch)
    except subprocess.CalledProcessError as error:
        sys.exit(f"uv could not install the wheels for {options.arch} (exit {error.returncode})")
    digest = hashlib.sha256(options.out.read_bytes()).hexdigest()
    size = options.out.stat().st_size / 1e6
    print(f"{options.out}: {size:.1f} MB for {options.arch}, sha256 {digest}")  # noqa: T201


if __name__ == "__main__":
    _main()
