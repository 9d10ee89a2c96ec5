"""Setting up: failures are one line with status 2, what is there is left alone, no addresses."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests import ROOT


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return what setting up reads, in a folder that has nothing yet."""
    for name in ("scripts", "requirements"):
        shutil.copytree(ROOT / name, tmp_path / name)
    for name in ("Makefile", "package.json", "package-lock.json"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / "bin").mkdir()
    program(tmp_path / "bin" / "python3", f'exec "{sys.executable}" "$@"')
    return tmp_path


def program(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)


def setup(checkout: Path, *words: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    path = f"{checkout / 'bin'}:{os.environ['PATH']}"
    variables = {"PATH": path, "HOME": str(checkout), **environment}
    return subprocess.run(
        ["/bin/sh", checkout / "scripts" / "setup", *words],
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )


def only_line(done: "subprocess.CompletedProcess[str]") -> str:
    assert done.returncode == 2, done.stderr
    (line,) = done.stderr.splitlines()
    return line


def test_without_a_new_enough_python_it_says_so(checkout: Path) -> None:
    folder = checkout / "old"
    folder.mkdir()
    for name in ("dirname", "sh"):
        (folder / name).symlink_to(shutil.which(name) or "")
    for name in ("python3", "python3.12"):
        program(folder / name, "exit 1")
    done = setup(checkout, "base", PATH=str(folder), PYENV_ROOT="/nowhere")
    if done.returncode == 0:
        pytest.skip("this machine has a Python in /usr/local/bin, where setup looks too")
    assert "Python 3.12 or newer" in only_line(done)


@pytest.mark.slow
def test_a_venv_that_cannot_be_made_says_what_to_install(checkout: Path) -> None:
    (checkout / ".venv").write_text("in the way", encoding="ascii")
    *progress, last = setup(checkout, "base").stderr.splitlines()
    assert len(progress) == 1
    assert "cannot be created" in last


def test_another_engine_needs_no_npm(checkout: Path) -> None:
    done = setup(checkout, "engine", AWS_ENDPOINT_URL_DYNAMODB="http://127.0.0.1:1")
    assert (done.returncode, done.stderr) == (0, "")


def test_an_engine_that_is_there_is_left_alone(checkout: Path) -> None:
    package = "node_modules/@dynoxide/linux-x64"
    (checkout / package).mkdir(parents=True)
    shutil.copy(checkout / "package-lock.json", checkout / "node_modules" / ".package-lock.json")
    done = setup(checkout, "engine")
    assert (done.returncode, done.stderr) == (0, "")


def test_a_browser_that_does_not_start_is_named(checkout: Path) -> None:
    assert "CHROMIUM=/bin/false" in only_line(setup(checkout, "browser", CHROMIUM="/bin/false"))


def test_it_becomes_the_command_and_keeps_its_status(checkout: Path) -> None:
    done = setup(checkout, "--", "sh", "-c", "echo $VIRTUAL_ENV; exit 7")
    assert (done.returncode, done.stdout) == (7, f"{checkout / '.venv'}\n")


def test_a_command_that_is_missing_is_one_line(checkout: Path) -> None:
    only_line(setup(checkout, "--", "no-such-command"))


@pytest.mark.parametrize(
    ("folder", "names"), [(".", {"@dynoxide/linux-x64", "axe-core"}), ("infra", {"aws-cdk"})]
)
def test_npm_packages_are_pinned_by_hash_and_without_addresses(
    folder: str, names: set[str]
) -> None:
    lock = json.loads((ROOT / folder / "package-lock.json").read_text(encoding="utf-8"))
    packages = [package for name, package in lock["packages"].items() if name]
    assert names <= {name.removeprefix("node_modules/") for name in lock["packages"]}
    for package in packages:
        assert package["integrity"].startswith("sha512-")
        assert "resolved" not in package


@pytest.mark.parametrize("name", ["base", "dev", "node", "load", "infra", "lambda", "ministack"])
def test_python_packages_are_pinned_by_hash_and_without_addresses(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    pins = [line for line in text.splitlines() if line and not line.startswith(" ")]
    assert pins
    assert all("==" in pin and pin.endswith("\\") for pin in pins)
    for address in ("://", "file:", "index-url", "find-links"):
        assert address not in text
