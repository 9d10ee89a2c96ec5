"""A pytest plugin: which requests to DynamoDB each part of Leadbook sends.

``tests/infra/dynamodb-calls.json`` lists them, and the roles on AWS allow each part what is
listed for it and nothing more (``tests/infra/test_access.py``). A run with this plugin, as
``make test`` is one, fails if a part sends what is not listed; if every test ran, also if
something listed is sent no more. Parts are ``form`` (the public form), ``web`` (all other
pages), ``maintenance`` (commands) and ``erasure`` (one of them); what a test itself sends to set
something up is of no part.
"""

import json
import os
from typing import cast

import pytest
from _pytest.terminal import TerminalReporter

from tests import ROOT
from tests.plugins.parts import PARTS, listen

CALLS = ROOT / "tests" / "infra" / "dynamodb-calls.json"
UPDATE = "--update-dynamodb-calls"

type Calls = dict[str, list[str]]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(UPDATE, action="store_true", help=f"write what is called to {CALLS.name}")


def pytest_configure(config: pytest.Config) -> None:
    recorder = Recorder(config)
    config.pluginmanager.register(recorder, "dynamodb-calls")
    listen(recorder)


class Recorder:
    """What one process of the test run has sent, by part, and the test that sent it first."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._made: dict[tuple[str, str], str] = {}
        self._problems: list[str] = []
        self._is_partial = False

    def hear(self, part: str, call: str) -> None:
        """Remember a call of a part."""
        if (part, call) not in self._made:
            self._made[part, call] = os.environ.get("PYTEST_CURRENT_TEST", "").partition(" (")[0]

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: object) -> None:
        """Take over what another process has sent."""
        for part, call, test in getattr(node, "workeroutput", {}).get("dynamodb_calls", []):
            self._made.setdefault((part, call), test)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Compare, or hand over to the process that does."""
        if self._config.option.collectonly:
            return
        output = getattr(self._config, "workeroutput", None)
        if output is not None:
            output["dynamodb_calls"] = [(*call, test) for call, test in self._made.items()]
            return
        known: Calls = json.loads(CALLS.read_text(encoding="utf-8"))
        self._is_partial = not self._did_all_run(session)
        if self._config.getoption(UPDATE):
            self._write(known if self._is_partial else {})
            return
        self._problems = [*self.unknown(known), *([] if self._is_partial else self.unused(known))]
        if self._problems and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: TerminalReporter) -> None:
        """Say what differs."""
        if self._problems:
            terminalreporter.section(f"DynamoDB calls other than in {CALLS.name}", red=True)
            for problem in self._problems:
                terminalreporter.line(problem)
            terminalreporter.line(
                "If that is meant: run `make record`, and give the roles in infra/policies.py"
                " what tests/infra/test_access.py then asks for."
            )
        elif self._is_partial:
            terminalreporter.line(
                f"Tests failed or were left out: {CALLS.name} may list calls that nobody makes."
            )

    def _did_all_run(self, session: pytest.Session) -> bool:
        """Tell whether every test that there is ran and passed."""
        option = self._config.option
        reporter = cast(
            "TerminalReporter", self._config.pluginmanager.get_plugin("terminalreporter")
        )
        left_out = (
            *(option.keyword, option.markexpr, option.deselect),
            *(reporter.stats.get(kind) for kind in ("skipped", "deselected")),
        )
        return session.exitstatus == pytest.ExitCode.OK and not any(left_out)

    def unknown(self, known: Calls) -> list[str]:
        """Return what was called and is not listed."""
        return [
            f"new: {part}: {call} [{test}]"
            for (part, call), test in sorted(self._made.items())
            if call not in known.get(part, [])
        ]

    def unused(self, known: Calls) -> list[str]:
        """Return what is listed and was not called."""
        return [
            f"no longer: {part}: {call}"
            for part, calls in known.items()
            for call in calls
            if (part, call) not in self._made
        ]

    def _write(self, known: Calls) -> None:
        merged = {
            part: sorted({*known.get(part, []), *(c for p, c in self._made if p == part)})
            for part in PARTS
        }
        CALLS.write_text(json.dumps(merged, indent=2) + "\n", encoding="utf-8")
