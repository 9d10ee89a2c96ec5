"""The functions run on a Python that their package was compiled for, whatever builds it."""

import subprocess
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

from infra import synth
from infra.account import AccountError
from infra.hosts.functions import python_of
from infra.options import OptionError, Options
from tests import ROOT
from tests.infra.web.written import written

OWN = ".".join(map(str, sys.version_info[:2]))


@pytest.fixture
def scripts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the programs of ``scripts`` be imported."""
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))


@pytest.fixture
def runtimes(scripts: None) -> ModuleType:
    return import_module("lambda_runtime")


@pytest.fixture
def packager(scripts: None) -> ModuleType:
    return import_module("package_lambda")


def machine(monkeypatch: pytest.MonkeyPatch, runtimes: ModuleType, own: str, *others: str) -> None:
    """Let a machine have these Pythons, and run on the first."""
    found = {version: f"/usr/bin/python{version}" for version in (own, *others)}
    monkeypatch.setattr(runtimes, "OWN", own)
    monkeypatch.setattr(runtimes, "find_python", found.get)


@pytest.mark.parametrize(
    ("own", "others", "present", "chosen", "said"),
    [
        ("3.13", (), None, "3.13", ""),
        ("3.13", (), "3.13", "3.13", ""),
        ("3.12", ("3.13",), None, "3.13", ""),
        ("3.12", ("3.13",), "3.12", "3.13", "change from Python 3.12 to 3.13."),
        ("3.12", (), None, "3.12", "run on Python 3.12: there is no Python 3.13 here"),
        ("3.12", (), "3.12", "3.12", "run on Python 3.12: there is no"),
        ("3.12", (), "3.13", "3.12", "change from Python 3.13 to 3.12."),
        ("3.12", ("3.14",), "3.14", "3.14", "run on Python 3.14"),
        ("3.14", ("3.12",), "3.12", "3.12", "run on Python 3.12"),
        ("3.14", (), "3.12", "3.14", "change from Python 3.12 to 3.14."),
        ("3.15", ("3.12",), "3.12", "3.12", "run on Python 3.12"),
    ],
)
def test_the_choice(  # noqa: PLR0913, PLR0917 - a table of cases
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    runtimes: ModuleType,
    packager: ModuleType,
    own: str,
    others: tuple[str, ...],
    present: str | None,
    chosen: str,
    said: str,
) -> None:
    machine(monkeypatch, runtimes, own, *others)
    runtime = packager.chosen_runtime(present)
    assert (runtime.version, runtime.python) == (chosen, f"/usr/bin/python{chosen}")
    line = capsys.readouterr().err
    assert said in line
    assert len(line.splitlines()) == bool(said)


def test_nothing_is_built_that_no_runtime_could_have_compiled(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    runtimes: ModuleType,
    packager: ModuleType,
    tmp_path: Path,
) -> None:
    machine(monkeypatch, runtimes, "3.15")
    monkeypatch.setattr(sys, "argv", ["package_lambda.py", "--into", str(tmp_path / "package")])
    assert packager.main() == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "install one of python3.13, python3.14, python3.12" in line
    assert not list(tmp_path.iterdir())


def test_this_python_is_found(runtimes: ModuleType) -> None:
    assert runtimes.find_python(OWN) == sys.executable


@pytest.mark.parametrize(
    ("script", "is_found"),
    [("echo cpython-313", False), ("echo cpython-314", True), ("exit 127", False)],
    ids=["another version", "right", "a stand-in that starts nothing"],
)
def test_what_has_the_name_has_to_be_it(
    monkeypatch: pytest.MonkeyPatch,
    runtimes: ModuleType,
    tmp_path: Path,
    script: str,
    *,
    is_found: bool,
) -> None:
    program = tmp_path / "python3.14"
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(runtimes, "_FOLDERS", ())
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "none"))
    assert runtimes.find_python("3.14") == (str(program) if is_found else None)


def test_the_package_is_compiled_by_the_python_it_is_told(
    packager: ModuleType, tmp_path: Path
) -> None:
    (tmp_path / "code.py").write_text("A = 1\n", encoding="utf-8")
    packager.compile_all(tmp_path, sys.executable)
    assert python_of(tmp_path) == OWN


@pytest.mark.parametrize("python", ["3.12", "3.13", "3.14"])
def test_the_functions_run_on_what_the_package_is_compiled_for(python: str, tmp_path: Path) -> None:
    package = tmp_path / "package"
    package.mkdir()
    (package / f"code.cpython-{python.replace('.', '')}.pyc").write_bytes(b"")
    options = Options("dev", "eu-central-1", "ops@example.com")
    template = written(options, package, tmp_path / "out")
    for part in ("web", "form"):
        assert template.function(part)["Runtime"] == f"python{python}"
    assert template.outputs["Python"]["Value"] == python


def test_an_uncompiled_package_makes_no_template(tmp_path: Path) -> None:
    (tmp_path / "code.py").write_text("", encoding="utf-8")
    with pytest.raises(OptionError, match="is not compiled"):
        python_of(tmp_path)


def test_the_packager_takes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    commands: list[list[object]] = []

    def run(command: list[object], **_options: object) -> subprocess.CompletedProcess[bytes]:
        commands.append(command)
        return subprocess.CompletedProcess([], 1)

    monkeypatch.setattr(subprocess, "run", run)
    options = Options("dev", "eu-central-1", "ops@example.com")
    for python in (None, "3.12"):
        with pytest.raises(AccountError, match="could not be built"):
            synth.write(options, python)
    assert [command[2:] for command in commands] == [[], ["--present", "3.12"]]
