"""The countries that forms can have are those that telephone numbers have."""

import subprocess
import sys

from phonenumbers import SUPPORTED_REGIONS

from leads.countries import CALLING_CODES, NAMES
from tests import ROOT


def test_they_are_as_the_script_writes_them() -> None:
    script, module = ROOT / "scripts/country_names.py", ROOT / "leads/countries.py"
    written = subprocess.run([sys.executable, script], capture_output=True, check=True).stdout
    assert written.decode() == module.read_text(encoding="utf-8")


def test_every_one_has_a_name_and_a_code() -> None:
    assert NAMES.keys() == CALLING_CODES.keys() == set(SUPPORTED_REGIONS)
    assert (NAMES["DE"], CALLING_CODES["DE"]) == ("Germany", 49)
    assert [*NAMES.values()][:3] == ["Afghanistan", "Åland Islands", "Albania"]
