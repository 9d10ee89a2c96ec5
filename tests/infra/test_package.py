"""The package for Lambda: small, complete, the same each time, and it starts by itself."""

import gzip
import json
import os
import re
import subprocess
import sys
from base64 import b64decode
from pathlib import Path
from typing import cast

import pytest

from crm.dynamodb.engine import Engine, free_port
from tests import ROOT

# One process builds it for all of them.
pytestmark = pytest.mark.xdist_group("package")

MEGABYTE = 1024 * 1024
_STATIC = re.compile(r'"/static/([^"]+)"')
SECRET = "the-word-of-this-distribution-0123456789"
ENVIRONMENT = {
    "ALLOWED_HOSTS": ".cloudfront.net",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_LAMBDA_FUNCTION_NAME": "leadbook-test-web",
    "AWS_REGION": "us-east-1",
    "AWS_SECRET_ACCESS_KEY": "test",
    "BEHIND_TLS_PROXY": "1",
    "ORIGIN_SECRET": SECRET,
    "SECRET_KEY": "for-the-tests-of-the-package-" + "abcdefghijklmnopqrstuvwxyz",
}
# It may read its own folder and the standard library, nothing else: -I and -S see to that.
START = """
import json, sys
sys.path.insert(0, sys.argv[1])
sys.dont_write_bytecode = True
from crm.lambda_handler import handler

class Context:
    aws_request_id = "8f507cfc-5b6e-4d8a-9b6f-0a1b2c3d4e5f"
    get_remaining_time_in_millis = lambda self: 29_000

events = json.load(sys.stdin)
answers = [handler(event, Context()) for event in events]
outside = [
    name for name, module in sys.modules.items()
    if "site-packages" in (getattr(module, "__file__", None) or "")
]
json.dump({"answers": answers, "outside": outside}, open(sys.argv[2], "w"))
"""


def build(into: Path) -> None:
    """Build the package for this machine."""
    build = [sys.executable, "scripts/package_lambda.py", "--platform", "host"]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [*build, "--into", str(into)],
        cwd=ROOT,
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the package, built once."""
    folder = tmp_path_factory.mktemp("package") / "lambda"
    build(folder)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    """Return what every file holds."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def event(path: str, *cookies: str, **fields: object) -> dict[str, object]:
    """Return the event of CloudFront for a page."""
    recorded = ROOT / "tests" / "crm" / "on_lambda" / "events" / "cloudfront.json"
    given = json.loads(recorded.read_text("utf-8")) | {"rawPath": path, "cookies": list(cookies)}
    given["headers"]["accept-encoding"] = ""
    return cast("dict[str, object]", given | fields)


def test_it_is_small(package: Path, capsys: pytest.CaptureFixture[str]) -> None:
    size = sum(map(len, contents(package).values())) / MEGABYTE
    with capsys.disabled():
        sys.stdout.write(f"\nThe package for Lambda: {size:.1f} MB unzipped.\n")
    assert size < 50


def test_the_same_input_gives_the_same_bytes(package: Path, tmp_path: Path) -> None:
    again = tmp_path / "again"
    build(again)
    first, second = contents(package), contents(again)
    assert first.keys() == second.keys()
    assert [name for name in first if first[name] != second[name]] == []


def test_everything_is_compiled(package: Path) -> None:
    names = set(contents(package))
    tag = sys.implementation.cache_tag
    sources = [Path(name) for name in names if name.endswith(".py")]
    missing = [
        source
        for source in sources
        if str(source.parent / "__pycache__" / f"{source.stem}.{tag}.pyc") not in names
    ]
    assert sources
    assert not missing


def test_static_files_are_beside_it_under_their_own_names(package: Path) -> None:
    names = contents(package.with_name("lambda-static")).keys() - {"embed.js"}
    assert len(names) == len(contents(package.with_name("lambda-static"))) - 1
    assert not [name for name in names if not re.search(r"\.[0-9a-f]{12}\.(css|js|svg)$", name)]
    inside = {path.name for path in (package / "staticfiles").iterdir()}
    assert inside == {"staticfiles.json"}


def test_services_of_boto3_are_those_that_are_asked(package: Path) -> None:
    data = package / "botocore" / "data"
    services = {path.name for path in data.iterdir() if path.is_dir()}
    assert services >= {"dynamodb", "secretsmanager", "sesv2", "ssm"}
    assert len(services) < 6
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "import boto3\n"
        "for name in ('dynamodb', 'secretsmanager', 'sesv2', 'ssm'):\n"
        "    for region in ('eu-central-1', 'us-gov-west-1', 'cn-north-1'):\n"
        "        made = boto3.Session().client(name, region)\n"
        "        called = {'sesv2': 'email'}.get(name, name)\n"
        "        assert f'//{called}.{region}.' in made.meta.endpoint_url\n"
    )
    command = [sys.executable, "-I", "-S", "-c", code, str(package)]
    subprocess.run(command, env=ENVIRONMENT, check=True)


def test_the_list_of_common_passwords_is_in_it(package: Path) -> None:
    path = package / "django" / "contrib" / "auth" / "common-passwords.txt.gz"
    assert len(gzip.decompress(path.read_bytes()).split()) > 19_000


def test_amazon_ses_sends_from_its_folder_alone(package: Path) -> None:
    """It gets as far as the network, where nobody listens."""
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); sys.dont_write_bytecode = True\n"
        "import crm.jobs_handler\n"
        "from django.core.mail import EmailMessage\n"
        "from crm.outbox.mailing import send\n"
        "print(send(EmailMessage('Hello', 'Ada', to=['ada@example.com'])))\n"
    )
    mail = {
        "EMAIL_SERVICE": "amazon_ses",
        "DEFAULT_FROM_EMAIL": "crm@example.com",
        "AWS_ENDPOINT_URL_SESV2": f"http://127.0.0.1:{free_port()}",
    }
    command = [sys.executable, "-I", "-S", "-c", code, str(package)]
    done = subprocess.run(
        command, env=ENVIRONMENT | mail, capture_output=True, text=True, check=True
    )
    assert "Could not connect to the endpoint URL" in done.stdout
    assert "is_final=False, is_doubtful=False" in done.stdout


def test_it_starts_from_its_folder_alone_and_answers(package: Path, tmp_path: Path) -> None:
    with Engine() as engine:
        _prepare(engine)
        token = "a" * 32
        sign_in = {
            "body": f"username=ada@example.com&password=correct+horse+battery"
            f"&csrfmiddlewaretoken={token}",
            "isBase64Encoded": False,
        }
        post = event("/accounts/login/", f"__Host-csrftoken={token}", **sign_in)
        headers = cast("dict[str, str]", post["headers"])
        headers["content-type"] = "application/x-www-form-urlencoded"
        headers["referer"] = f"https://{headers['x-forwarded-host']}/accounts/login/"
        cast("dict[str, dict[str, str]]", post["requestContext"])["http"]["method"] = "POST"
        pages = [event("/healthz"), event("/readyz"), event("/contact/"), post, {}]
        answers = _ask(package, tmp_path, engine, pages)
        assert [answer["statusCode"] for answer in answers] == [200, 200, 200, 302, 400]
        cookies = [one.split(";")[0] for one in cast("list[str]", answers[3]["cookies"])]
        more = [
            event("/board/", *cookies),
            event("/leads/", *cookies),
            event("/leads/import/", *cookies),
            event("/leads/export/", *cookies, rawQueryString="format=csv"),
            event("/accounts/password-change/", *cookies),
        ]
        board, *others = _ask(package, tmp_path, engine, more)
    assert board["statusCode"] == 200
    assert "Ada" in _text(board)
    named = {*_STATIC.findall(_text(answers[2])), *_STATIC.findall(_text(board))}
    files = contents(package.with_name("lambda-static"))
    assert {name.partition(".")[0] for name in named} >= {"app", "desk", "favicon"}
    assert named <= files.keys()
    assert [answer["statusCode"] for answer in others] == [200] * len(others)
    assert "4 MB at most" in _text(others[1])


def _prepare(engine: Engine) -> None:
    """Make tables and somebody who may sign in, as ``manage.py`` does it."""
    environment = ENVIRONMENT | {"AWS_ENDPOINT_URL_DYNAMODB": engine.url}
    manage = [sys.executable, "manage.py"]
    subprocess.run([*manage, "create_tables"], cwd=ROOT, env=environment, check=True)
    person = ["ada@example.com", "--name", "Ada", "--role", "admin"]
    subprocess.run(
        [*manage, "create_user", *person, "--password-stdin"],
        cwd=ROOT,
        env=environment,
        input="correct horse battery\n",
        text=True,
        check=True,
    )


def _ask(
    package: Path, folder: Path, engine: Engine, events: list[dict[str, object]]
) -> list[dict[str, object]]:
    """Ask in a process of its own, from an empty folder."""
    told = folder / "answers.json"
    command = [sys.executable, "-I", "-S", "-c", START, str(package), str(told)]
    subprocess.run(
        command,
        cwd=folder,
        env=ENVIRONMENT | {"AWS_ENDPOINT_URL_DYNAMODB": engine.url},
        input=json.dumps(events),
        text=True,
        check=True,
    )
    found = json.loads(told.read_text("utf-8"))
    assert not found["outside"]
    return cast("list[dict[str, object]]", found["answers"])


def _text(answer: dict[str, object]) -> str:
    return b64decode(str(answer["body"])).decode()
