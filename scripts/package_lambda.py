"""Build what AWS Lambda runs.

``package_lambda.py [--platform host] [--into FOLDER] [--present 3.13]``: the folder holds the
packages of requirements/lambda.txt for arm64 Linux, and for the Python that lambda_runtime.py
chooses (``present`` is what the functions run on so far), the application, its templates and the
names of its static files, which go into FOLDER-static: no function sends them. Whatever a
request cannot need is left out, everything is compiled, and the same input gives the same bytes.
Every failure is one line on standard error and exit status 2.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from lambda_runtime import OFFERED, OWN, Runtime, choose, notice
from trim_packages import remove, trim

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = ROOT / "requirements" / "lambda.txt"
MEGABYTE = 1024 * 1024

# gunicorn and waitress are the other hosts' server.
_PACKAGES = ("bin", "gunicorn", "waitress", "*.dist-info")
# Other versions of htmx, and its extensions: no page loads them.
_KEPT = {"embed.js"}
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
    parser.add_argument("--present", metavar="VERSION")
    options = parser.parse_args()
    is_host = options.platform == "host"
    target: Path = options.into.resolve()
    static = target.with_name(f"{target.name}-static")
    being_built = target.with_name(f"{target.name}.new")
    try:
        runtime = Runtime(OWN, sys.executable) if is_host else chosen_runtime(options.present)
        shutil.rmtree(being_built, ignore_errors=True)
        shutil.rmtree(static, ignore_errors=True)
        being_built.mkdir(parents=True)
        build(being_built, static, runtime, is_host=is_host)
        shutil.rmtree(target, ignore_errors=True)
        being_built.rename(target)
    except (PackageError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    files = [path for path in target.rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files) / MEGABYTE
    sys.stdout.write(f"{target}: {size:.1f} MB in {len(files):,} files\n")
    return 0


def chosen_runtime(present: str | None) -> Runtime:
    """Return the runtime of the functions, and say what is not as usual. Raises PackageError."""
    runtime = choose(present)
    if runtime is None:
        names = ", ".join(f"python{version}" for version in OFFERED)
        message = f"AWS Lambda runs no Python that was found here: install one of {names}."
        raise PackageError(message)
    if said := notice(runtime.version, present):
        sys.stderr.write(f"Leadbook: {said}\n")
    return runtime


def build(folder: Path, static: Path, runtime: Runtime, *, is_host: bool) -> None:
    """Fill an empty folder, and one of static files. Raises ``PackageError``."""
    install(folder, runtime.version, is_host=is_host)
    remove(folder, *_PACKAGES)
    trim(folder)
    ignored = shutil.ignore_patterns("__pycache__", "management", "*.md", "*.po", "*.pot")
    for name in ("crm", "leads", "locale", "templates"):
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    remove(folder, *_OURS)
    collect_static(static)
    # Pages name files by what they hold, and this says how.
    (folder / "staticfiles").mkdir()
    (static / "staticfiles.json").rename(folder / "staticfiles" / "staticfiles.json")
    remove(folder, "**/__pycache__")
    compile_all(folder, runtime.python)
    for path in folder.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
        # Zip files know no earlier year.
        os.utime(path, (315_532_800, 315_532_800))


def install(folder: Path, version: str, *, is_host: bool) -> None:
    """Install the packages, each checked against its hash."""
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
    """Collect the static files under names that change with what they hold.

    Other sites name one, which has its own name, too.
    """
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
    names = json.loads((folder / "staticfiles.json").read_text(encoding="utf-8"))["paths"]
    remove(folder, *(names.keys() - _KEPT), "**/*.gz")  # CloudFront compresses by itself.


def compile_all(folder: Path, python: str) -> None:
    """Compile with the Python that will run it, so that no start has to: it could not keep it."""
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
