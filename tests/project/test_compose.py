"""compose.yaml and the Dockerfile: what each profile starts, and how it is confined."""

import re
from collections.abc import Mapping
from typing import cast

import pytest
import yaml

from crm import server
from crm.env import names
from tests import ROOT

COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
IGNORED = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()

type Service = Mapping[str, object]


def services(profile: str) -> dict[str, Service]:
    every = cast("dict[str, Service]", COMPOSE["services"])
    return {
        name: service
        for name, service in every.items()
        if profile in cast("list[str]", service["profiles"])
    }


def text(service: Service, name: str) -> str:
    value = service[name]
    assert isinstance(value, str)
    return value


def environment(service: Service) -> dict[str, str]:
    return cast("dict[str, str]", service["environment"])


def test_every_service_belongs_to_one_profile() -> None:
    assert sorted(services("local")) == ["app", "dynamodb", "tables"]
    assert sorted(services("production")) == ["production"]
    assert len(COMPOSE["services"]) == 4


def test_production_is_the_application_alone_on_aws() -> None:
    """No endpoint, no made-up credentials, no secret in the file, nothing to wait for."""
    service = services("production")["production"]
    assert environment(service) == {"HOST": "0.0.0.0", "PORT": "8000"}  # noqa: S104 -- published on loopback
    assert service["env_file"] == [{"path": "production.env", "required": False}]
    assert "depends_on" not in service
    assert "command" not in service
    assert service["restart"] == "unless-stopped"


@pytest.mark.parametrize("profile", ["local", "production"])
def test_what_we_run_is_confined(profile: str) -> None:
    ours = [one for one in services(profile).values() if one["image"] == "leadbook"]
    assert ours
    for service in ours:
        assert service["read_only"] is True
        assert service["tmpfs"] == ["/tmp:size=640m"]  # noqa: S108 -- the container's own
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service["build"] == "."


@pytest.mark.parametrize(("profile", "name"), [("local", "app"), ("production", "production")])
def test_servers(profile: str, name: str) -> None:
    service = services(profile)[name]
    grace = int(text(service, "stop_grace_period").removesuffix("s"))
    assert grace > server.graceful_timeout
    check = cast("dict[str, list[str]]", service["healthcheck"])["test"]
    assert check[:3] == ["CMD", "python", "-c"]
    assert "/healthz" in check[3]
    compile(check[3], "healthcheck", "exec")
    assert all(port.startswith("127.0.0.1:") for port in cast("list[str]", service["ports"]))


def test_local_settings_serve_this_machine_only(monkeypatch: pytest.MonkeyPatch) -> None:
    given = environment(services("local")["app"])
    assert environment(services("local")["tables"]) == given
    key = re.fullmatch(r"\$\{SECRET_KEY:-(.*)\}", given["SECRET_KEY"])
    assert key is not None
    assert len(key[1]) >= 50
    monkeypatch.setenv("ALLOWED_HOSTS", given["ALLOWED_HOSTS"])
    assert names("ALLOWED_HOSTS") == ["localhost", "127.0.0.1"]
    assert given["AWS_ENDPOINT_URL_DYNAMODB"] == "http://dynamodb:8000"


def test_tables_come_before_the_server() -> None:
    local = services("local")
    assert local["tables"]["depends_on"] == {"dynamodb": {"condition": "service_healthy"}}
    done = {"tables": {"condition": "service_completed_successfully"}}
    assert local["app"]["depends_on"] == done
    assert text(local["tables"], "command") == "python manage.py create_tables"


def test_the_image_is_no_root_and_one_process() -> None:
    last = DOCKERFILE.split("\nFROM ")[-1]
    assert re.search(r"^ARG UID=[1-9]\d{4}$", last, re.MULTILINE)
    assert re.search(r"^USER \$\{UID\}:\$\{UID\}$", last, re.MULTILINE)
    assert last.rstrip().endswith('CMD ["python", "manage.py", "serve"]')
    assert "curl" not in last
    assert "SECRET_KEY" not in last


def test_everything_that_is_copied_reaches_the_build() -> None:
    """And nothing else: secrets and data of this folder stay outside."""
    first = DOCKERFILE.split("\nFROM ")[1]
    copied = {
        source
        for line in re.findall(r"^COPY (.*)$", first, re.MULTILINE)
        for source in line.split()[:-1]
    }
    assert "*" in IGNORED
    assert {rule.removeprefix("!") for rule in IGNORED if rule.startswith("!")} == copied
    assert all((ROOT / source).exists() for source in copied)
