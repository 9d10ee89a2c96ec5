"""What every template keeps to."""

from tests import ROOT

MOST = 160


def test_no_line_is_too_long_to_read() -> None:
    paths = [path for path in (ROOT / "templates").rglob("*") if path.is_file()]
    assert len(paths) > 1
    assert [
        f"{path.relative_to(ROOT)}:{number}"
        for path in paths
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if len(line) > MOST
    ] == []
