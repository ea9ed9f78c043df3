"""The bytecode in the function's zip."""

import importlib.util
import sys
from pathlib import Path

import pytest

from deploy.bytecode import compiled_files
from deploy.errors import DeployError

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
SOURCE = 'NAMES = frozenset({"ana", "bo", "cy"})\n\n\ndef broken() -> None:\n    raise ValueError\n'


@pytest.fixture
def sources(tmp_path: Path) -> dict[str, Path]:
    path = tmp_path / "module.py"
    path.write_text(SOURCE)
    return {"package/module.py": path}


def test_the_same_sources_give_the_same_bytecode(sources: dict[str, Path], tmp_path: Path) -> None:
    one = compiled_files(sources, tmp_path / "1", python_version=HERE)
    sources["package/module.py"].touch()
    other = compiled_files(sources, tmp_path / "2", python_version=HERE)
    name = f"package/__pycache__/module.{sys.implementation.cache_tag}.pyc"
    assert [*one] == [*other] == [name]
    assert one[name].read_bytes() == other[name].read_bytes()


def test_bytecode_is_used_without_looking_at_the_source(
    sources: dict[str, Path], tmp_path: Path
) -> None:
    (bytecode,) = compiled_files(sources, tmp_path / "1", python_version=HERE).values()
    module = bytecode.parents[1] / "module.py"
    module.write_text("NAMES = None\n")
    spec = importlib.util.spec_from_file_location("module", module)
    assert spec is not None
    assert spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    assert {"ana", "bo", "cy"} == loaded.NAMES


def test_another_python_than_the_functions_is_refused(
    sources: dict[str, Path], tmp_path: Path
) -> None:
    with pytest.raises(DeployError, match=r"the function's is 3\.9 .* build the zip with Python 3"):
        compiled_files(sources, tmp_path / "1", python_version="3.9")
