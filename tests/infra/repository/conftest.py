"""The fixtures of the contract tests, on the emulator: a stack for each test."""

from collections.abc import Iterator

import pytest
from aws_cdk import App
from django.conf import LazySettings

from crm import remember
from crm.dynamodb.engine import Engine
from infra import naming
from infra.options import Options
from infra.stacks.data import Data
from leads.held import limits
from tests.conftest import speak_to
from tests.infra import cloudformation
from tests.repository.conftest import proxy

__all__ = ["proxy"]

REGION = "us-east-1"  # as tests.settings have it

type Stage = tuple[Options, dict[str, object]]


@pytest.fixture(scope="session")
def engine(ministack: str) -> Engine:
    """Return what answers; tests put a network that loses answers before it."""
    return Engine(port=int(ministack.rpartition(":")[2]))


@pytest.fixture(scope="session")
def scratch(ministack: str, tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """Options of a stage that keeps nothing, and its Data template."""
    cloudformation.bootstrap(ministack, REGION)
    options = Options(stage="scratch", region=REGION, mail="ops@example.com")
    app = App(outdir=str(tmp_path_factory.mktemp("scratch")), analytics_reporting=False)
    stack = Data(app, options)
    return options, app.synth().get_stack_by_name(stack.stack_name).template


@pytest.fixture
def tables(
    ministack: str,
    scratch: Stage,
    settings: LazySettings,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[None]:
    """Fresh tables, made by CloudFormation."""
    options, document = scratch
    name = naming.stack(options, "Data")
    speak_to(ministack, monkeypatch)
    cloudformation.create(ministack, name, document, REGION)
    for setting, table in naming.table_names(options).items():
        setattr(settings, setting, table)
    remember.forget_all()
    limits.forget_all()
    yield
    limits.forget_all()
    cloudformation.delete(ministack, name, REGION)


@pytest.fixture
def store(tables: None) -> str:
    """Return the same, for tests that hold on every engine."""
    return "cloudformation"
