"""Write what lock files pin to ``build/bom``, as CycloneDX documents: of all, or of those named.

What PyPI brings is described by ``cyclonedx-py``, what npm brings by npm itself.
"""

import subprocess
import sys
from pathlib import Path

from bootstrap import npm

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "build" / "bom"
DESCRIBE = (sys.executable, "-W", "ignore", "-m", "cyclonedx_py", "requirements")
LOCKS = (
    "requirements/*.txt",
    "package-lock.json",
    "infra/package-lock.json",
    "tests/*/package-lock.json",
)


def describe_python(lock: Path) -> Path:
    """Write the document of a file of pinned requirements."""
    target = FOLDER / f"python-{lock.stem}.json"
    options = ("--pyproject", ROOT / "pyproject.toml", "--output-reproducible", "-o", target)
    subprocess.run([*DESCRIBE, lock, *options], check=True)
    return target


def describe_npm(lock: Path) -> Path:
    """Write the document of a ``package-lock.json``, named for the folder that it is in."""
    part = "-".join(lock.parent.relative_to(ROOT).parts) or "top"
    target = FOLDER / f"npm-{part}.json"
    command = [*npm(), "sbom", "--package-lock-only", "--sbom-format=cyclonedx"]
    with target.open("wb") as document:
        subprocess.run(command, cwd=lock.parent, stdout=document, check=True)
    return target


def main(names: list[str]) -> int:
    """Describe the lock files; the exit status is 2 if one cannot be."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in names or LOCKS:
        for lock in sorted(ROOT.glob(name)):
            describe = describe_python if lock.suffix == ".txt" else describe_npm
            try:
                target = describe(lock)
            except (OSError, subprocess.CalledProcessError) as error:
                sys.stderr.write(f"Leadbook: {lock.relative_to(ROOT)} is not described: {error}\n")
                return 2
            sys.stdout.write(f"{target.relative_to(ROOT)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
