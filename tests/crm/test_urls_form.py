"""A process for the public form alone: its pages, and nothing of the staff's."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.test import Client
from django.urls import get_resolver, reverse
from django.urls.resolvers import URLPattern, URLResolver

from crm import paths
from crm.dynamodb.errors import UnavailableError
from crm.settings import PEOPLE_MIDDLEWARE
from leads import repository
from leads.web.converters import LeadIdConverter
from tests import ROOT
from tests.crm.on_lambda.site import HOST, SECRET

MESSAGE = {
    "name": "Ada Byron",
    "email": "ada@example.com",
    "subject": "Engines",
    "message": "Do you sell them?",
}


def addresses(resolver: URLResolver | None = None, before: str = "/") -> list[str]:
    """Every route of the whole site, with something in the place of each part that varies."""
    found: list[str] = []
    for pattern in (resolver or get_resolver("crm.urls")).url_patterns:
        route = before + "".join(
            "x" if number % 2 else text
            for number, text in enumerate(
                str(pattern.pattern).removeprefix("^").replace("<", ">").split(">")
            )
        )
        if isinstance(pattern, URLPattern):
            found.append(route)
        else:
            found += addresses(pattern, route)
    return found


STAFF = [address for address in addresses() if not address.startswith(paths.FORM)]


@pytest.fixture
def site(settings: LazySettings) -> Client:
    settings.ROOT_URLCONF = "crm.urls_form"
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if name not in PEOPLE_MIDDLEWARE]
    return Client(raise_request_exception=False)


def test_the_form_takes_a_message(tables: None, site: Client) -> None:
    assert site.get(paths.FORM).status_code == 200
    answer = site.post(paths.FORM, MESSAGE, follow=True)
    assert answer.status_code == 200
    assert b"Thank you" in answer.content
    assert repository.by_email("ada@example.com")[0].subject == "Engines"


def test_the_form_signs_nothing(tables: None, site: Client, settings: LazySettings) -> None:
    """So its key can be its own; Django raises for whoever asks for an empty one.

    A message that no page named is named by it, which is why all its processes have the same.
    """
    settings.SECRET_KEY = ""
    named = MESSAGE | {"submission": "a-page-that-was-opened"}
    for answer in (site.get(paths.FORM), site.post(paths.FORM, named, follow=True)):
        assert answer.status_code == 200
    assert site.post(paths.FORM, {}).status_code == 422


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("address", STAFF)
def test_an_address_of_the_staff_is_not_there(site: Client, address: str, method: str) -> None:
    answer = getattr(site, method)(address)
    assert answer.status_code == 404
    assert b"There is nothing here" in answer.content
    assert f'class="button" href="{paths.FORM}"'.encode() in answer.content
    assert b"/board/" not in answer.content


def test_every_error_has_its_page(
    tables: None, site: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = {
        400: site.get(paths.FORM, headers={"Host": "elsewhere.example"}),
        404: site.get("/nowhere/"),
        405: site.delete(paths.FORM),
        413: site.post(paths.FORM, MESSAGE | {"message": "x" * 1_100_000}),
        422: site.post(paths.FORM, {}),
    }
    for error, status in ((UnavailableError("gone"), 503), (RuntimeError("a fault"), 500)):

        def fail(*_arguments: object, error: Exception = error, **_options: object) -> None:
            raise error

        monkeypatch.setattr(repository, "create", fail)
        answers[status] = site.post(paths.FORM, MESSAGE)
    for status, answer in answers.items():
        assert answer.status_code == status
        assert b"<h1>" in answer.content, status
        assert b"/board/" not in answer.content, status


_COLLECT = (
    "from django.core.management import call_command\n"
    "import django\n"
    "django.setup()\n"
    "call_command('collectstatic', interactive=False, verbosity=0)\n"
    "from django.templatetags.static import static\n"
)


def test_static_files_are_answered(tmp_path: Path) -> None:
    said = _process(
        f"{_COLLECT}"
        "from django.test import Client\n"
        f"site = Client(headers={{'Host': '{HOST}', 'X-Forwarded-Proto': 'https'}})\n"
        "def ask(path):\n"
        "    return site.get(path).status_code\n"
        "print(ask('/contact/'), ask('/board/'), ask(static('app.css')))\n",
        AWS_LAMBDA_FUNCTION_NAME="",
        STATIC_ROOT=str(tmp_path),
    )
    assert said == "200 404 200"


def test_on_lambda_they_are_named_alone(tmp_path: Path) -> None:
    """CloudFront has them from a bucket: docs/adr/0046."""
    said = _process(
        f"{_COLLECT}"
        "from crm.lambda_handler import handler\n"
        "from tests.crm.on_lambda.site import Context, recorded\n"
        "def ask(path):\n"
        "    event = recorded('cloudfront', rawPath=path, cookies=[])\n"
        "    return handler(event, Context())['statusCode']\n"
        "import sys\n"
        "print(ask('/contact/'), ask(static('app.css')), 'whitenoise.middleware' in sys.modules)\n",
        STATIC_ROOT=str(tmp_path),
    )
    assert said == "200 404 False"


def test_a_start_loads_no_page_of_the_staff(tmp_path: Path) -> None:
    loaded = _loaded("crm.lambda_handler", PHONE_REGION="GB", STATIC_ROOT=str(tmp_path))
    assert {name for name in loaded if _is_views(name)} == {"leads.intake.views"}
    assert not {"boto3", "crm.accounts", "phonenumbers"} & loaded


def test_elsewhere_all_views_are_there_before_the_first_visitor(tmp_path: Path) -> None:
    loaded = _loaded(
        "crm.wsgi",
        # Nobody listens there, and a process starts all the same.
        AWS_ENDPOINT_URL_DYNAMODB="http://127.0.0.1:9",
        AWS_LAMBDA_FUNCTION_NAME="",
        FORM_ONLY="0",
        STATIC_ROOT=str(tmp_path),
    )
    views = (ROOT / "leads").glob("*/views.py")
    # The demo alone has a mailbox.
    assert {name for name in loaded if _is_views(name)} == {
        f"leads.{path.parent.name}.views" for path in views if path.parent.name != "receiving"
    }


def test_words_beside_ids_are_those_of_the_addresses() -> None:
    prefix = reverse("lead_list")
    parts = {
        address.removeprefix(prefix).partition("/")[0]
        for address in addresses()
        if address.startswith(prefix)
    }
    assert parts - {"", "x"} == set(paths.WORDS_UNDER_LEADS)
    for word in paths.WORDS_UNDER_LEADS:
        assert LeadIdConverter().to_url(word) != word


def _is_views(name: str) -> bool:
    return name.startswith("leads.") and name.endswith(".views")


def _loaded(start: str, **variables: str) -> set[str]:
    """Return the modules that a process has after it has started."""
    code = f"import sys\nimport {start}\nprint(*sys.modules)\n"
    return set(_process(code, **variables).split())


def _process(code: str, **variables: str) -> str:
    """Run code in a process of its own and return the last line that it prints."""
    env = {
        "ALLOWED_HOSTS": HOST,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_LAMBDA_FUNCTION_NAME": "leadbook-form",
        "AWS_REGION": "eu-central-1",
        "AWS_SECRET_ACCESS_KEY": "test",
        "BEHIND_TLS_PROXY": "1",
        "DJANGO_SETTINGS_MODULE": "crm.settings",
        "FORM_ONLY": "1",
        "ORIGIN_SECRET": SECRET,
        "PATH": os.environ["PATH"],
        "SECRET_KEY": "for-the-tests-of-a-start-" + "abcdefghijklmnopqrstuvwxyz",
    } | variables
    env = {name: value for name, value in env.items() if value}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True, timeout=60)
    return done.stdout.splitlines()[-1]
