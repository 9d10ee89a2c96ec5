"""Views that are imported when they are first asked for."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from crm.later import Later, routes
from tests.lambda_site import HOST, SECRET

# What middlewares read of a view before they call it, with what they take if it is not there.
READ = {
    "csrf_exempt": False,
    "login_required": True,
    "login_url": None,
    "redirect_field_name": None,
}
VIEWS: list[object] = [route.callback for route in routes()]
LATER = [view for view in VIEWS if isinstance(view, Later)]


@pytest.mark.parametrize("later", LATER, ids=lambda later: str(later.name))
def test_what_is_said_of_a_view_is_what_the_view_says(later: Later) -> None:
    view = later.view
    assert callable(view)
    for name, default in READ.items():
        assert getattr(later, name, default) == getattr(view, name, default), name


def test_only_views_of_django_are_there_from_the_start() -> None:
    early = {view.__module__.partition(".")[0] for view in VIEWS if view not in LATER}
    assert LATER
    assert early == {"django"}


def test_a_view_that_does_not_exist_is_named() -> None:
    with pytest.raises(ImportError, match=r"leads\.board\.views.*nowhere"):
        _ = Later("leads.board.views.nowhere").view


@pytest.mark.slow
def test_a_start_on_lambda_loads_what_its_first_page_needs(tmp_path: Path) -> None:
    place = {"STATIC_ROOT": str(tmp_path)}
    _fresh(
        "import django\n"
        "from django.core.management import call_command\n"
        "django.setup()\n"
        "call_command('collectstatic', interactive=False)\n",
        **place,
    )
    told = _fresh(
        "import sys\n"
        "from crm.lambda_handler import handler\n"
        "from tests.lambda_site import Context, recorded\n"
        "answer = handler(recorded('cloudfront', rawPath='/contact/', cookies=[]), Context())\n"
        "spared = {'boto3', 'botocore', 'leads.board.views', 'pydantic', 'urllib3'}\n"
        "print(answer['statusCode'], spared & sys.modules.keys())\n",
        AWS_LAMBDA_FUNCTION_NAME="leadbook-web",
        **place,
    )
    assert told == "200 set()"


@pytest.mark.slow
def test_elsewhere_all_views_are_there_before_the_first_visitor() -> None:
    told = _fresh(
        "import crm.wsgi\n"
        "from crm.later import Later, routes\n"
        "views = [route.callback for route in routes()]\n"
        "print(all('view' in vars(one) for one in views if isinstance(one, Later)))\n",
        # Nobody listens there, and a process starts all the same.
        AWS_ENDPOINT_URL_DYNAMODB="http://127.0.0.1:9",
    )
    assert told == "True"


def _fresh(code: str, **variables: str) -> str:
    """Run code in a process of its own and give the last line that it prints."""
    env = variables | {
        "ALLOWED_HOSTS": HOST,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_REGION": "eu-central-1",
        "AWS_SECRET_ACCESS_KEY": "test",
        "BEHIND_TLS_PROXY": "1",
        "DJANGO_SETTINGS_MODULE": "crm.settings",
        "ORIGIN_SECRET": SECRET,
        "PATH": os.environ["PATH"],
        "SECRET_KEY": "for-the-tests-of-a-start-" + "abcdefghijklmnopqrstuvwxyz",
    }
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True, timeout=60)
    return done.stdout.splitlines()[-1]
