"""The documents name only what exists: files and links; the runbook's commands and AWS calls."""

import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import botocore.session
import pytest
from botocore import xform_name
from django.core.management import get_commands, load_command_class

from crm.mail_services import SERVICES
from tests import ROOT

OPERATIONS = ROOT / "docs" / "operations.md"
SETTINGS = ROOT / "docs" / "settings.md"
PAGES = (OPERATIONS, SETTINGS)
CHANGELOG = ROOT / "CHANGELOG.md"
LOCALE = ROOT / "locale" / "README.md"
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), LOCALE])
# The one tells of files that were, the other of files that a language would bring.
OF_NOW = [page for page in DOCUMENTS if page not in {CHANGELOG, LOCALE}]
OF_AWS = {"CREATING"}  # what it answers
OURS = ("crm.env", "crm.settings", "crm.server", "crm.secret_settings", "crm.lambda_handler")

_READ = re.compile(r"(?:env\.)?\b(?:text|secret|flag|integer|names|read)\(\s*\"([A-Z][A-Z_]+)\"")
_VARIABLE = re.compile(r"`([A-Z][A-Z_]+)`")


def text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def blocks(page: Path) -> list[str]:
    """Return what stands between fences, without the indent of a list."""
    found = re.findall(r"^ *```\w+\n(.*?)^ *```$", text(page), re.MULTILINE | re.DOTALL)
    return [re.sub(r"\\\n\s*", "", re.sub(r"^   ", "", one, flags=re.MULTILINE)) for one in found]


def spans(page: Path) -> list[str]:
    """Return what stands between backticks in the text."""
    prose = re.sub(r"^ *```.*?^ *```$", "", text(page), flags=re.MULTILINE | re.DOTALL)
    return re.findall(r"`([^`\n]+)`", prose)


def lines() -> Iterator[str]:
    """Yield every line and every span in which a command may stand."""
    for page in PAGES:
        yield from spans(page)
        for block in blocks(page):
            yield from block.splitlines()


def manage_calls() -> list[tuple[str, list[str]]]:
    """Return every use of manage.py: the command, and its options."""
    found: list[tuple[str, list[str]]] = []
    for line in lines():
        for rest in re.findall(r"manage\.py ([a-z_]+[^|#;&)]*)", line):
            command, *words = rest.replace("…", " ").split()
            found.append((command, options(words)))
    return found


def options(words: list[str]) -> list[str]:
    return [word.partition("=")[0].rstrip("`,.:") for word in words if word.startswith("--")]


def known_options(command: str) -> set[str]:
    made = load_command_class(get_commands()[command], command)
    parser = made.create_parser("manage.py", command)
    return set(parser._option_string_actions)  # noqa: SLF001 -- argparse has no other list


def test_every_command_exists_and_takes_its_options() -> None:
    calls = manage_calls()
    assert len(calls) > 20
    for command, given in calls:
        assert command in get_commands(), command
        assert set(given) <= known_options(command), (command, given)


def test_every_command_of_ours_is_in_the_runbook() -> None:
    ours = {name for name, app in get_commands().items() if app in {"crm", "leads"}}
    named = text(OPERATIONS)
    # What is of developers and of demos is told in the README.
    missing = {name for name in ours if name not in named} - {"demo", "seed_leads"}
    assert not missing


def test_every_target_of_make_exists() -> None:
    makefile = text(ROOT / "Makefile")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    named = {
        target
        for line in lines()
        for target in re.findall(r"(?:^|\s|\$ )make ([a-z-]+)(?=$|\s|`)", line)
    }
    assert {"deploy", "synth", "serve", "load", "manage", "run"} <= named
    assert named <= targets


def test_every_word_for_a_deployment_is_taken() -> None:
    makefile = text(ROOT / "Makefile")
    taken = re.findall(
        r"[A-Z_]+", makefile[makefile.index("foreach name,") :].partition(",$(if")[0]
    )
    for line in lines():
        if match := re.search(r"make (?:deploy|synth|manage) (.*)", line):
            words = re.findall(r"\b([A-Z_]{2,})=", match[1].partition("ARGS=")[0])
            assert set(words) <= set(taken), line


def settings_read() -> set[str]:
    """Return every variable that the application reads."""
    found: set[str] = set()
    for module in OURS:
        found |= set(_READ.findall(text(ROOT / f"{module.replace('.', '/')}.py")))
    return found


def test_the_table_of_settings_is_the_settings() -> None:
    table = [line for line in text(SETTINGS).splitlines() if line.startswith("| ")]
    named = {name for line in table for name in _VARIABLE.findall(line.split("|")[1])}
    read = settings_read()
    assert len(read) > 15
    assert read - named == {"DEMO"}
    code = "".join(text(path) for path in (ROOT / "crm").rglob("*.py"))
    assert not {name for name in named if f'"{name}"' not in code}


def test_every_setting_that_the_runbook_names_exists() -> None:
    code = (
        "".join(
            text(path)
            for folder in ("crm", "infra", "benchmarks", "leads")
            for path in (ROOT / folder).rglob("*.py")
        )
        + text(ROOT / "Makefile")
        + text(ROOT / "Dockerfile")
    )
    for page in PAGES:
        for name in _VARIABLE.findall(text(page)):
            base = re.sub(r"^NAME_", "", name)
            assert base in code or name in OF_AWS or name in of_services(), name


def of_services() -> dict[str, str]:
    """Return the variables of services that send mail, and whose each is."""
    return {
        f"{service}_{option}".upper(): service
        for service, one in SERVICES.items()
        for option in (*one.secrets, *one.needed, *one.options)
    }


def test_the_table_of_services_is_what_they_ask() -> None:
    named: dict[str, str] = {}
    for service, row in re.findall(r"^\| `([a-z_]+)` \| (.+) \|$", text(SETTINGS), re.MULTILINE):
        if service in SERVICES:
            named |= dict.fromkeys(set(_VARIABLE.findall(row)) - {"AWS_REGION"}, service)
    assert named == of_services()


@cache
def anchors(page: Path) -> set[str]:
    """Return the addresses of a page's headings, as GitHub makes them."""
    found: set[str] = set()
    for heading in re.findall(r"^#+ (.*)$", text(page), re.MULTILINE):
        plain = re.sub(r"[^\w\- ]", "", heading.strip().lower())
        found.add(plain.replace(" ", "-"))
    return found


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", DOCUMENTS, ids=name_of)
def test_every_link_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", text(page))
    assert links or page not in PAGES
    for link in links:
        if "://" in link:
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


@pytest.mark.parametrize("page", OF_NOW, ids=name_of)
def test_every_file_that_is_named_exists(page: Path) -> None:
    for name in " ".join(spans(page)).split():
        # What is built, and what a reader would make, is not here.
        is_file = re.fullmatch(r"(?!build/|backup/)(?:[\w.-]+/)+[\w.-]+\.[a-z]+", name)
        is_ours = re.fullmatch(r"(?:crm|leads|infra|scripts|tests|docs)/[\w./-]+", name)
        if is_file or is_ours or name in {"compose.yaml", "Dockerfile", "Makefile"}:
            # Templates are named as Django finds them.
            assert (ROOT / name).exists() or (ROOT / "templates" / name).exists(), name


def test_every_alarm_is_in_the_runbook() -> None:
    monitoring = text(ROOT / "docs" / "monitoring.md")
    alarms = re.findall(r"^\| \[[\w-]+\]\(#([\w-]+)\)", monitoring, re.MULTILINE)
    assert len(alarms) > 5
    for alarm in alarms:
        assert f"(monitoring.md#{alarm})" in text(OPERATIONS), alarm


def shell_commands(block: str) -> Iterator[list[str]]:
    """Yield the words of each command; a quoted text may go over several lines."""
    begun = ""
    for line in block.splitlines():
        begun += f"{line}\n"
        try:
            words = shlex.split(
                re.sub(r"^\s*\w+=\$\((.*)\)$", r"\1", begun.strip(), flags=re.DOTALL)
            )
        except ValueError:  # a quote is open
            continue
        begun = ""
        yield words
    assert not begun, begun


def aws_calls() -> list[list[str]]:
    found = [blocks(page) for page in PAGES]
    shell = [
        block
        for page in found
        for block in page
        if re.search(r"^\s*(\w+=\$\()?aws ", block, re.MULTILINE)
    ]
    return [words for block in shell for words in shell_commands(block) if words[:1] == ["aws"]]


def test_every_call_of_the_aws_cli_is_one() -> None:
    """Against the descriptions of the services that botocore brings."""
    session = botocore.session.get_session()
    everywhere = {"query", "output", "region"}
    checked = 0
    for _, service, operation, *words in aws_calls():
        if service == "s3" or operation == "wait":
            continue
        model = session.get_service_model(service)
        operations = {xform_name(name, "-"): name for name in model.operation_names}
        assert operation in operations, operation
        shape = model.operation_model(operations[operation]).input_shape
        assert shape is not None
        members = {xform_name(name, "-") for name in shape.members}
        for option in options(words):
            name = option.removeprefix("--")
            assert {name, name.removeprefix("no-")} & (members | everywhere), (operation, name)
        checked += 1
    assert checked > 12
