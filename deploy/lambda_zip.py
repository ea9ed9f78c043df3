"""`python -m deploy.lambda_zip`: the function's zip, with the same bytes at every build.

It holds `collage_core`, `lambda_pkg` and the wheels of `lambda_requirements.txt` for Lambda's
machines, and can be built on any other machine. Needs `uv`. Bytecode is in it too, because Lambda's
file system is read-only: Python would compile every module again at each cold start.
"""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from deploy.bytecode import compiled_files
from deploy.errors import DeployError
from deploy.limits import Function, read_limits
from deploy.reproducible_zip import write_zip

_REPO = Path(__file__).resolve().parents[1]
OUT = _REPO / "dist" / "collage_lambda.zip"
"""Where the zip goes unless another place is named; `terraform/variables.tf` looks there."""
_REQUIREMENTS = _REPO / "deploy" / "lambda_requirements.txt"
# Lambda's Python 3.12 runs on Amazon Linux 2023, which has glibc 2.34.
_PLATFORMS = {"arm64": "aarch64-manylinux_2_28", "x86_64": "x86_64-manylinux_2_28"}

# They need rich or tqdm, which are not in the zip, or write the pages in docs/schemas/.
_LEFT_OUT = {"__main__.py", "command"}
_DATA = ("templates", "vendored")
"""Folders of files that are no modules, and that the report of a run is made of."""
_COMPILED = ("collage_core", "jinja2", "lambda_pkg", "markupsafe", "msgspec", "urllib3")
"""Packages whose bytecode is in the zip: a cold start takes a fifth less processor time, and the
zip is 0.8 MB larger. Pillow's would be as much again for modules that are hardly ever imported."""

# Installers write into them when, how and where they installed.
_INSTALLER_NOTES = {"INSTALLER", "RECORD", "REQUESTED", "direct_url.json"}


def build(out: Path, *, arch: str) -> None:
    """Write the zip for `arch` to `out`, which never holds an incomplete zip.

    Raises CalledProcessError when uv cannot install a wheel; uv has then printed the reason. Raises
    DeployError when this Python is not that of the function.
    """
    python_version = read_limits().function.runtime.removeprefix("python")
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as temp:
        wheels = Path(folder)
        _install_wheels(wheels, platform=_PLATFORMS[arch], python_version=python_version)
        files = {**own_files(_REPO), **_installed_files(wheels)}
        sources = {
            name: path
            for name, path in files.items()
            if name.endswith(".py") and name.partition("/")[0] in _COMPILED
        }
        bytecode = compiled_files(sources, Path(temp), python_version=python_version)
        write_zip(out, {**files, **bytecode})


def own_files(repo: Path) -> dict[str, Path]:
    """The project's own files in the zip, by their names in it."""
    return {
        path.relative_to(repo).as_posix(): path
        for package in ("collage_core", "lambda_pkg")
        for path in (repo / package).rglob("*")
        if (path.suffix == ".py" or path.parent.name in _DATA) and path.is_file()
        if not _LEFT_OUT & set(path.relative_to(repo).parts)
    }


def _installed_files(folder: Path) -> dict[str, Path]:
    return {path.relative_to(folder).as_posix(): path for path in _wanted(folder)}


def _wanted(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        # Scripts in bin/ begin with the path of the Python that installed them.
        is_script = path.relative_to(folder).parts[0] == "bin"
        if path.is_file() and not is_script and path.name not in _INSTALLER_NOTES:
            yield path


def _install_wheels(target: Path, *, platform: str, python_version: str) -> None:
    uv = os.environ.get("UV") or shutil.which("uv")
    if uv is None:
        sys.exit("uv is not on PATH: run `make package`, or name it in the variable UV")
    command = [uv, "pip", "install", "--quiet", "--target", str(target)]
    command += ["--python", sys.executable, "--python-version", python_version]
    command += ["--python-platform", platform, "--only-binary", ":all:", "--no-deps"]
    command += ["--no-compile-bytecode", "--require-hashes", "--requirements", str(_REQUIREMENTS)]
    subprocess.run(command, check=True)  # noqa: S603 - a fixed program with our own arguments


def _main() -> None:
    try:
        options = _options(read_limits().function)
        build(options.out, arch=options.arch)
    except DeployError as error:
        sys.exit(str(error))
    except subprocess.CalledProcessError as error:
        sys.exit(f"uv could not install the wheels for {options.arch} (exit {error.returncode})")
    digest = hashlib.sha256(options.out.read_bytes()).hexdigest()
    size = options.out.stat().st_size / 1e6
    print(f"{options.out}: {size:.1f} MB for {options.arch}, sha256 {digest}")  # noqa: T201


def _options(function: Function) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m deploy.lambda_zip", description=__doc__)
    parser.add_argument("--arch", choices=sorted(_PLATFORMS), default=function.architecture)
    parser.add_argument("--out", type=Path, default=OUT)
    return parser.parse_args()


if __name__ == "__main__":
    _main()
