"""Build what AWS Lambda runs: ``package_lambda.py [--platform host] [--into FOLDER]``.

The folder holds the packages of requirements/lambda.txt for Python 3.13 on arm64 Linux, the
application, its templates and the collected static files. Whatever a request cannot need is
left out, everything is compiled, and the same input gives the same bytes. Every failure is
one line on standard error and exit status 2.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from trim_packages import remove, trim

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = ROOT / "requirements" / "lambda.txt"
PYTHON = (3, 13)
MEGABYTE = 1024 * 1024

# gunicorn and waitress are the other hosts' server.
_PACKAGES = ("bin", "gunicorn", "waitress", "*.dist-info")
# Other versions of htmx, and its extensions: no page loads them.
_NO_STATIC = ("ext", "htmax-*", "htmx-4*")
# Commands and what only they use: they run elsewhere, with the maintenance role.
_OURS = (
    "crm/demo.py",
    "crm/dynamodb/engine.py",
    "crm/runlock.py",
    "crm/server.py",
    "crm/serving",
)


class PackageError(Exception):
    """Something that cannot go on; the message is for whoever builds."""


def main() -> int:
    """Build and return the exit status."""
    parser = argparse.ArgumentParser(prog="package_lambda.py", description=__doc__)
    parser.add_argument("--platform", choices=["arm64", "host"], default="arm64")
    parser.add_argument("--into", type=Path, default=ROOT / "build" / "lambda", metavar="FOLDER")
    options = parser.parse_args()
    target: Path = options.into.resolve()
    being_built = target.with_name(f"{target.name}.new")
    try:
        shutil.rmtree(being_built, ignore_errors=True)
        being_built.mkdir(parents=True)
        build(being_built, is_host=options.platform == "host")
        shutil.rmtree(target, ignore_errors=True)
        being_built.rename(target)
    except (PackageError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    files = [path for path in target.rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files) / MEGABYTE
    sys.stdout.write(f"{target}: {size:.1f} MB in {len(files):,} files\n")
    return 0


def build(folder: Path, *, is_host: bool) -> None:
    """Fill an empty folder. Raises ``PackageError``."""
    install(folder, is_host=is_host)
    remove(folder, *_PACKAGES)
    trim(folder)
    ignored = shutil.ignore_patterns("__pycache__", "management", "*.md", "*.po")
    for name in ("crm", "leads", "locale", "templates"):
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    remove(folder, *_OURS)
    collect_static(folder / "staticfiles")
    remove(folder, "**/__pycache__")
    compile_all(folder, is_host=is_host)
    for path in folder.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
        # Zip files know no earlier year.
        os.utime(path, (315_532_800, 315_532_800))


def install(folder: Path, *, is_host: bool) -> None:
    """Install the packages, each checked against its hash."""
    version = ".".join(map(str, PYTHON))
    if uv := shutil.which("uv"):
        command = [uv, "pip", "install", "--python", sys.executable]
        elsewhere = ["--python-platform", "aarch64-manylinux2014", "--python-version", version]
    else:
        command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install"]
        elsewhere = ["--platform", "manylinux2014_aarch64", "--python-version", version]
    options = ["--target", str(folder), "--only-binary", ":all:", "--require-hashes", "--quiet"]
    if not is_host:
        options += elsewhere
    run([*command, *options, "-r", str(REQUIREMENTS)], "The packages could not be installed")


def collect_static(folder: Path) -> None:
    """Collect, name by content and compress what WhiteNoise sends."""
    environment = {name: os.environ[name] for name in ("HOME", "PATH") if name in os.environ} | {
        "DJANGO_SETTINGS_MODULE": "crm.settings",
        "SECRET_KEY": "only-to-collect-static-files-" + "".join(map(chr, range(65, 91))),
        "ALLOWED_HOSTS": "localhost",
        "AWS_REGION": "us-east-1",
        "STATIC_ROOT": str(folder),
    }
    command = [sys.executable, str(ROOT / "manage.py"), "collectstatic", "--noinput", "-v", "0"]
    ignored = [word for pattern in _NO_STATIC for word in ("--ignore", pattern)]
    run([*command, *ignored], "The static files could not be collected", environment)
    # Pages name files by what they hold; WhiteNoise looks at each file when it starts.
    names = json.loads((folder / "staticfiles.json").read_text(encoding="utf-8"))["paths"]
    remove(folder, *(f"{name}{end}" for name in names for end in ("", ".gz")))


def compile_all(folder: Path, *, is_host: bool) -> None:
    """Compile with the Python that will run it, so that no start has to: it could not keep it."""
    python = sys.executable
    if not is_host and sys.version_info[:2] != PYTHON:
        found = shutil.which(".".join(["python3", *map(str, PYTHON[1:])]))
        if found is None:
            sys.stderr.write("No Python 3.13 here to compile with: functions will start slowly.\n")
            return
        python = found
    # Lambda's own place for it, for tracebacks; by content, since times mean nothing there.
    where = [str(folder), "-s", str(folder), "-p", "/var/task"]
    command = [python, "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash", *where]
    # Sets are written in the order of their hashes.
    run(command, "Something does not compile", {"PYTHONHASHSEED": "0"})


def run(command: list[str], failure: str, environment: dict[str, str] | None = None) -> None:
    """Run a command; raises ``PackageError`` with its last line."""
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        lines = [line.strip() for line in (done.stderr + done.stdout).splitlines() if line.strip()]
        message = f"{failure}: {lines[-1] if lines else 'nothing was said'}"
        raise PackageError(message)


if __name__ == "__main__":
    sys.exit(main())
