"""An environment for each peer, with the versions that were measured."""

import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.sampling import BenchError

INSIDE = Path(__file__).with_name("inside")


def environment(folder: Path, packages: Sequence[str], overrides: Sequence[str]) -> Path:
    """Return the Python of an environment with ``packages``, made unless it is there.

    ``overrides`` replace requirements of the packages themselves.
    """
    python = folder / "bin" / "python"
    done = folder / "installed"
    wanted = "\n".join([*packages, "", *overrides])
    if done.exists() and done.read_text() == wanted:
        return python
    shutil.rmtree(folder, ignore_errors=True)
    uv = [sys.executable, "-m", "uv"]
    run([*uv, "venv", "--quiet", "--python", sys.executable, str(folder)], folder.parent)
    replaced = folder / "overrides.txt"
    replaced.write_text("\n".join(overrides))
    install = ["pip", "install", "--quiet", "--python", str(python), "--override", str(replaced)]
    run([*uv, *install, *packages, "gunicorn"], folder)
    done.write_text(wanted)
    return python


def run(command: Sequence[str], folder: Path, variables: Mapping[str, str] | None = None) -> str:
    """Run a program to its end and return what it printed; its own files go to ``folder``."""
    done = subprocess.run(
        command,
        env=variables,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = " ".join((done.stderr or done.stdout).split())[-400:]
        raise BenchError(f"{' '.join(command[:6])} … failed: {said}")
    return done.stdout
