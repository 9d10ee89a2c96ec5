"""The benchmark of imports runs whole, and refuses what tells nothing."""

import re
import subprocess
import sys

import pytest

from tests import ROOT


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "benchmarks.import_rate", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )


@pytest.mark.slow
def test_it_prints_the_rate_beside_bare_writes() -> None:
    done = run("--rows", "120", "--duplicates", "update")
    assert done.returncode == 0, done.stderr
    for name in ("staging", "dry run", "import", "bare writes", "undo"):
        assert re.search(rf"{name} +[0-9,]+ rows/s", done.stdout)
    assert re.search(r"reaches [0-9]+% of bare batch writes", done.stdout)


def test_too_few_rows_are_refused() -> None:
    refused = run("--rows", "5")
    assert refused.returncode == 2
    assert "at least 100 rows" in refused.stderr
