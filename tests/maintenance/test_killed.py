"""adopt_leads as a process of its own: killed without a word, stopped by Ctrl-C, started again."""

import os
import signal
import subprocess
import sys
import time

import pytest

from crm.dynamodb import calls
from crm.tables import LEADS, TABLES
from leads import repository
from leads.models import Status
from tests import ROOT
from tests.maintenance.helpers import expected_tokens, tokens
from tests.make import only, published, recount, totals

COUNT = 100


def adopting(*arguments: str) -> subprocess.Popen[str]:
    """Start the command on this test's tables."""
    names = {table.setting: table.name for table in TABLES}
    return subprocess.Popen(
        [sys.executable, "manage.py", "adopt_leads", *arguments],
        cwd=ROOT,
        env=os.environ | names,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for(process: subprocess.Popen[str], adopted: int) -> None:
    """Wait until so many leads are adopted."""
    while totals()[Status.CONTACTED] < adopted:
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)  # leaves the processor to the command


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_run_that_ends_at_any_point_loses_and_doubles_nothing(tables: None) -> None:
    calls.batch_put(LEADS, (published(f"theirs-{number}") for number in range(COUNT)))
    for how, adopted in ((signal.SIGKILL, 1), (signal.SIGINT, 30)):
        # Slowly, so that it is still at it when it is stopped.
        process = adopting("--max-wru", "400")
        wait_for(process, adopted)
        process.send_signal(how)
        _, errors = process.communicate(timeout=60)
        if how is signal.SIGINT:
            assert process.returncode == 130, errors
            assert errors == "CommandError: \nStopped. Run it again to go on.\n"
        assert totals() == recount()
        assert tokens() == expected_tokens()
    out, errors = adopting().communicate(timeout=120)
    assert errors == ""
    assert " leads adopted: " in out
    assert totals() == recount() == only(contacted=COUNT)
    assert tokens() == expected_tokens()
    assert all(len(repository.timeline(f"theirs-{number}").events) == 1 for number in range(COUNT))
