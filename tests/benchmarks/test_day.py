"""Three people at the same leads over HTTP leave counters that a recount finds right."""

import subprocess
import sys

import pytest

from tests import ROOT


@pytest.mark.slow
def test_a_day_of_three_leaves_counters_as_a_recount_gives_them() -> None:
    command = [sys.executable, "-m", "benchmarks.day", "--seconds", "4", "--leads", "100"]
    day = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert day.returncode == 0, day.stderr
    assert "Totals: all are right." in day.stdout
    for kind in ("read", "take", "note", "move"):
        assert f"{kind}: 0 done" not in day.stdout
