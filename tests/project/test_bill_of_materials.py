"""The bill of materials says what the locks pin."""

import json
import subprocess
import sys

import pytest

from tests import ROOT


@pytest.mark.slow
def test_what_npm_brings_is_described_with_its_hashes() -> None:
    command = [sys.executable, "scripts/bill_of_materials.py", "infra/package-lock.json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    document = json.loads((ROOT / done.stdout.strip()).read_text(encoding="utf-8"))
    described = {part["name"]: part["version"] for part in document["components"]}
    lock = json.loads((ROOT / "infra" / "package-lock.json").read_text(encoding="utf-8"))
    pinned = {
        path.removeprefix("node_modules/"): package["version"]
        for path, package in lock["packages"].items()
        if path and not package.get("optional")
    }
    assert pinned
    assert described.items() >= pinned.items()
    assert all(part["hashes"] for part in document["components"])


def test_a_lock_that_cannot_be_described_ends_in_one_line() -> None:
    command = [sys.executable, "scripts/bill_of_materials.py", "requirements/base.txt"]
    # Without what describes them: PYTHONPATH names it only for `make sbom`.
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("Leadbook: requirements/base.txt is not")
