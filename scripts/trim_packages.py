"""Remove from a folder of installed packages what the application never reads.

``trim_packages.py SITE_PACKAGES`` says what that came to. Standard library only.
"""

import gzip
import json
import shutil
import sys
from pathlib import Path

# What botocore asks: the tables, the secrets, where a role's credentials come from, and SES.
SERVICES = {"dynamodb", "secretsmanager", "sesv2", "ssm", "sts"}
# Those of the settings, and those that visitors are spoken to in: of these Django's core is enough.
LANGUAGES = {"en"}
PUBLIC_LANGUAGES = {
    *("ar", "cs", "da", "de", "es", "fi", "fr", "it", "ja", "nb", "nl", "pl", "pt", "sv"),
    "zh_Hans",
}
_DJANGO = (
    "contrib/admin",
    "contrib/admindocs",
    "contrib/flatpages",
    "contrib/gis",
    "contrib/humanize",
    "contrib/postgres",
    "contrib/redirects",
    "contrib/sitemaps",
    "contrib/syndication",
)


def main() -> int:
    """Trim the folder that the command line names."""
    if len(sys.argv) != 2 or not (Path(sys.argv[1]) / "botocore" / "data").is_dir():  # noqa: PLR2004
        sys.stderr.write("trim_packages.py needs a folder in which botocore is installed.\n")
        return 2
    folder = Path(sys.argv[1])
    before = size(folder)
    trim(folder)
    sys.stdout.write(f"{folder}: {before / 1e6:.1f} MB, trimmed to {size(folder) / 1e6:.1f} MB\n")
    return 0


def trim(folder: Path) -> None:
    """Leave what the application and its packages import or read."""
    remove(folder, *(f"django/{path}" for path in _DJANGO))
    trim_languages(folder / "django")
    # Descriptions of boto3's resources, which nothing here asks for.
    remove(folder, "boto3/data", "boto3/examples")
    trim_botocore(folder / "botocore" / "data")


def remove(folder: Path, *patterns: str) -> None:
    """Remove files and folders by their patterns."""
    for path in [path for pattern in patterns for path in folder.glob(pattern)]:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def trim_languages(django: Path) -> None:
    """Leave the texts and formats of the languages that are offered, as they are read."""
    for path in django.glob("conf/locale/*/"):
        if path.name not in LANGUAGES | PUBLIC_LANGUAGES:
            shutil.rmtree(path)
    for path in django.glob("contrib/*/locale/*/"):
        if path.name not in LANGUAGES:
            shutil.rmtree(path)
    remove(django, "**/*.po")


def trim_botocore(data: Path) -> None:
    """Leave of botocore's 400 services those that are asked, without their documentation."""
    for path in data.iterdir():
        if path.is_dir() and path.name not in SERVICES:
            shutil.rmtree(path)
    endpoints = data / "endpoints.json"
    endpoints.write_text(json.dumps(_endpoints(endpoints)), encoding="utf-8")
    for path in data.glob("*/*/*"):
        if path.name.startswith("examples-"):
            path.unlink()
        elif path.suffix == ".gz":
            # As plain text: to unpack them takes longer than to read a little more.
            model = json.loads(gzip.decompress(path.read_bytes()))
            path.with_suffix("").write_text(json.dumps(_undocumented(model)), encoding="utf-8")
            path.unlink()


def size(folder: Path) -> int:
    """Add up the bytes of all files in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _endpoints(path: Path) -> object:
    known = json.loads(path.read_text(encoding="utf-8"))
    for partition in known["partitions"]:
        services = partition["services"]
        partition["services"] = {name: part for name, part in services.items() if name in SERVICES}
    return known


def _undocumented(value: object) -> object:
    if isinstance(value, dict):
        # A member of that name is described by an object.
        return {
            name: _undocumented(part)
            for name, part in value.items()
            if not (name == "documentation" and isinstance(part, str))
        }
    return [_undocumented(part) for part in value] if isinstance(value, list) else value


if __name__ == "__main__":
    sys.exit(main())
