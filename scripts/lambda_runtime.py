"""Choose the Python that AWS Lambda runs the package with: one that can compile it here.

A package that is not compiled for its own runtime takes nearly four times as long to start,
each time anew, since a start can keep nothing. Standard library only.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

# What Lambda offers and Leadbook runs on; the first is the one of choice.
OFFERED = ("3.13", "3.14", "3.12")
OWN = ".".join(map(str, sys.version_info[:2]))
_FOLDERS = ("/usr/local/bin", "/opt/homebrew/bin")
_CHECK = "import sys; print(sys.implementation.cache_tag)"


class Runtime(NamedTuple):
    """A Python of Lambda, such as ``3.13``, and the interpreter that compiles for it."""

    version: str
    python: str


def choose(present: str | None) -> Runtime | None:
    """Return the runtime of choice, else the stage's ``present`` one, else that of this Python.

    Each only where its interpreter is found; ``None`` if none is.
    """
    for version in dict.fromkeys((OFFERED[0], present, OWN)):
        if version in OFFERED and (python := find_python(version)):
            return Runtime(version, python)
    return None


def notice(version: str, present: str | None) -> str:
    """Return a line about a runtime that changes, or is not the one of choice; else nothing."""
    if present not in {None, version}:
        return f"The functions change from Python {present} to {version}."
    if version != OFFERED[0]:
        return f"The functions run on Python {version}: there is no Python {OFFERED[0]} here."
    return ""


def find_python(version: str) -> str | None:
    """Return the path of an interpreter of this version that starts."""
    return next((path for path in _places(version) if _cache_tag(path) == tag(version)), None)


def tag(version: str) -> str:
    """Return what compiled files of a version have in their names: ``cpython-313``."""
    return f"cpython-{version.replace('.', '')}"


def _places(version: str) -> Iterator[str]:
    name = f"python{version}"
    yield sys.executable
    folders = (*os.get_exec_path(), *_FOLDERS)
    yield from (str(Path(folder) / name) for folder in folders)
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    yield from map(str, sorted(pyenv.glob(f"versions/{version}*/bin/{name}"), reverse=True))
    if uv := shutil.which("uv"):
        yield _output([uv, "python", "find", "--no-python-downloads", version])


def _cache_tag(python: str) -> str:
    # What is on the PATH may be a stand-in that starts nothing.
    return _output([python, "-I", "-S", "-c", _CHECK]) if Path(python).is_file() else ""


def _output(command: list[str]) -> str:
    """Return what a command prints; nothing if it fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return "" if done.returncode else done.stdout.strip()
