"""The embedded engine starts, keeps what it was given, stops, and says what is wrong."""

import os
import socket
from pathlib import Path

import boto3
import pytest

from crm.dynamodb.engine import (
    VERSION,
    Engine,
    EngineError,
    EngineMissingError,
    EngineStartError,
    find_binary,
    package,
    package_for,
)


def put(engine: Engine, name: str) -> None:
    dynamodb = boto3.client("dynamodb", endpoint_url=engine.url, region_name="us-east-1")
    dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    )


def table_names(engine: Engine) -> list[str]:
    dynamodb = boto3.client("dynamodb", endpoint_url=engine.url, region_name="us-east-1")
    return dynamodb.list_tables()["TableNames"]


def test_a_restart_keeps_the_data(tmp_path: Path) -> None:
    with Engine(tmp_path / "data.db") as engine:
        put(engine, "kept")
    with Engine(tmp_path / "data.db") as engine:
        assert table_names(engine) == ["kept"]


def test_without_a_file_nothing_stays() -> None:
    with Engine() as engine:
        put(engine, "gone")
    with Engine() as engine:
        assert table_names(engine) == []


def test_stop_ends_the_process_and_frees_the_port() -> None:
    with Engine() as engine:
        pid, port = engine.pid, engine.port
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    socket.create_server(("127.0.0.1", port)).close()


def test_stop_may_come_twice_or_before_the_start() -> None:
    engine = Engine()
    engine.stop()
    engine.start()
    engine.stop()
    engine.stop()
    with pytest.raises(EngineError):
        _ = engine.pid


def test_it_is_in_a_process_group_of_its_own() -> None:
    with Engine() as engine:
        assert os.getpgid(engine.pid) == engine.pid


def test_its_words_go_to_the_log(tmp_path: Path) -> None:
    with Engine(log=tmp_path / "engine.log"):
        pass
    assert (tmp_path / "engine.log").exists()


def test_a_program_that_ends_at_once_is_an_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DYNOXIDE", "/bin/false")
    log = tmp_path / "engine.log"
    with pytest.raises(EngineStartError, match=f"status 1.*{log}"):
        Engine(log=log).start()


def test_a_file_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(EngineStartError):
        Engine(tmp_path / "no" / "such" / "folder" / "data.db").start()


def test_the_binary_of_the_environment_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DYNOXIDE", "/bin/true")
    assert find_binary() == Path("/bin/true")


@pytest.mark.parametrize("named", ["missing", "text", "folder"])
def test_a_variable_that_names_no_program_is_an_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, named: str
) -> None:
    (tmp_path / "text").write_text("no program", encoding="ascii")
    (tmp_path / "folder").mkdir()
    monkeypatch.setenv("DYNOXIDE", str(tmp_path / named))
    with pytest.raises(EngineMissingError, match="DYNOXIDE"):
        find_binary()


@pytest.fixture
def root(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Make a checkout and a PATH without any engine."""
    monkeypatch.delenv("DYNOXIDE", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr("crm.dynamodb.engine.ROOT", tmp_path)
    return tmp_path


def program(path: Path, words: str = f"dynoxide {VERSION}") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho {words}\n", encoding="ascii")
    path.chmod(0o755)
    return path


def installed(root: Path, words: str = f"dynoxide {VERSION}") -> Path:
    name = package()
    assert name
    return program(root / "node_modules" / name / "dynoxide", words)


def test_a_missing_engine_names_the_ways(root: Path) -> None:
    with pytest.raises(EngineMissingError) as caught:
        find_binary()
    for way in ("npm", "PATH", "DYNOXIDE", "AWS_ENDPOINT_URL_DYNAMODB"):
        assert way in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("system", "machine", "name"),
    [
        ("linux", "x86_64", "@dynoxide/linux-x64"),
        ("linux", "aarch64", "@dynoxide/linux-arm64"),
        ("darwin", "arm64", "@dynoxide/darwin-arm64"),
        ("darwin", "x86_64", "@dynoxide/darwin-x64"),
        ("linux", "riscv64", None),
        ("win32", "AMD64", None),
        ("", "", None),
    ],
)
def test_each_kind_of_machine_has_its_package(system: str, machine: str, name: str | None) -> None:
    assert package_for(system, machine) == name


def test_what_is_named_goes_before_what_is_installed_before_the_path(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_path = program(root / "bin" / "dynoxide")
    assert find_binary() == on_path
    ours = installed(root)
    assert find_binary() == ours
    # What somebody names is taken as it is.
    monkeypatch.setenv("DYNOXIDE", str(program(root / "named", "dynoxide 0.1")))
    assert find_binary() == root / "named"


def test_a_program_for_another_kind_of_machine_is_not_taken(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed(root)
    monkeypatch.setattr("sys.platform", "darwin")
    monkeypatch.setattr("platform.machine", lambda: "arm64")
    with pytest.raises(EngineMissingError):
        find_binary()
    ours = installed(root)
    assert (ours.parent.name, find_binary()) == ("darwin-arm64", ours)


@pytest.mark.parametrize("words", ["dynoxide 1.2.10", "dynoxide", "", "dynoxide v0.9"])
def test_another_version_is_not_taken(root: Path, words: str) -> None:
    on_path = program(root / "bin" / "dynoxide", words)
    with pytest.raises(EngineMissingError) as caught:
        find_binary()
    assert f"{on_path} --version says '{words}', not {VERSION}" in str(caught.value)
    assert caught.value.refused in str(caught.value)
    ours = installed(root, words)
    with pytest.raises(EngineMissingError, match=f"{ours}.*{on_path}"):
        find_binary()
    program(on_path)
    assert find_binary() == on_path


def test_what_does_not_start_is_not_taken(root: Path) -> None:
    ours = installed(root)
    ours.chmod(0o644)
    with pytest.raises(EngineMissingError, match=f"{ours} does not start"):
        find_binary()
