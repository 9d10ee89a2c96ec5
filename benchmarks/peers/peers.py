"""The peers: what to install, how to set it up, and how it does each job."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count
from urllib.parse import urlencode

import orjson

from benchmarks.peers.visitor import Job, Visitor

# The beginning of a surname: one lead in a hundred has it, at any size.
SEARCH = "garc"
ROWS = 25
FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
MESSAGE = "We would like to know more about what you offer. " * 12
# Django compares the cookie with the form, whatever they hold.
CSRF = "0" * 32
_numbers = count()

type Told = Mapping[str, object]


@dataclass(frozen=True)
class Peer:
    """A program to compare with.

    ``told`` is what its fill script printed. ``setup`` are commands of Django's that make
    its tables and whatever it needs before the first lead.
    """

    name: str
    key: str
    packages: tuple[str, ...]
    settings: str
    wsgi: str
    fill: str
    jobs: Callable[[int, Told], list[Job]]
    setup: tuple[tuple[str, ...], ...] = (("migrate", "-v0"),)
    engine: str = "postgresql"
    overrides: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)


def _bottlecrm(port: int, told: Told) -> list[Job]:
    somebody = Visitor(port, {"Authorization": f"Bearer {told['token']}"})
    # More than there are samples, and all in the first stage: each moves once.
    leads = iter(_listed_names(told["leads"]))
    moved = orjson.dumps({"status": "in process"})

    def move() -> int:
        return somebody.ask("PATCH", f"/api/leads/{next(leads)}/move/", moved, JSON)

    def add() -> int:
        lead = {
            "title": "A question",
            "first_name": "Ada",
            "last_name": "Lovelace",
            "email": _address(),
            "company_name": "Analytical Engines",
            "description": MESSAGE,
            "status": "assigned",
        }
        return somebody.ask("POST", "/api/leads/", orjson.dumps(lead), JSON)

    board, rows = "/api/leads/kanban/", f"/api/leads/?limit={ROWS}&open=true"
    return [
        Job("board", 200, lambda: somebody.ask("GET", board)),
        Job("list", 200, lambda: somebody.ask("GET", rows)),
        Job("search", 200, lambda: somebody.ask("GET", f"{rows}&search={SEARCH}")),
        Job("move", 200, move),
        Job("form POST", 200, add),
    ]


def _djangocrm(port: int, told: Told) -> list[Job]:
    somebody = Visitor(port, {"Cookie": f"sessionid={told['session']}"})
    visitor = Visitor(port, {})

    def contact() -> int:
        form = {
            "name": "Ada Lovelace",
            "email": _address(),
            "subject": "A question",
            "phone": "+44 20 7946 0000",
            "company": f"Analytical Engines {next(_numbers)}",
            "message": MESSAGE,
            "leadsource_token": str(told["source"]),
        }
        path = f"/en/contact-form/{told['source']}/"
        return visitor.ask("POST", path, urlencode(form).encode(), FORM)

    rows = "/en/123/crm/lead/"
    return [
        Job("list", 200, lambda: somebody.ask("GET", rows)),
        Job("search", 200, lambda: somebody.ask("GET", f"{rows}?q={SEARCH}")),
        Job("form POST", 200, contact),
    ]


def _plain_jobs(port: int, told: Told) -> list[Job]:
    cookie = f"sessionid={told['session']}; csrftoken={CSRF}"
    somebody, visitor = Visitor(port, {"Cookie": cookie}), Visitor(port, {})
    leads = iter(_listed_names(told["leads"]))
    person = {
        "name": "Ada Lovelace",
        "company": "Analytical Engines",
        "subject": "A question",
        "message": MESSAGE,
    }

    def move() -> int:
        form = person | {
            "csrfmiddlewaretoken": CSRF,
            "email": "ada@analytical.example",
            "status": "contacted",
            "created_at_0": "2026-11-01",
            "created_at_1": "12:00:00",
        }
        path = f"/admin/plain/lead/{next(leads)}/change/"
        return somebody.ask("POST", path, urlencode(form).encode(), FORM)

    def contact() -> int:
        form = person | {"email": _address()}
        return visitor.ask("POST", "/contact/", urlencode(form).encode(), FORM)

    rows = "/admin/plain/lead/"
    return [
        Job("list", 200, lambda: somebody.ask("GET", rows)),
        Job("search", 200, lambda: somebody.ask("GET", f"{rows}?q={SEARCH}")),
        Job("move", 302, move),
        Job("form POST", 302, contact),
    ]


def _address() -> str:
    return f"ada{next(_numbers)}@analytical.example"


def _listed_names(value: object) -> list[str]:
    return [str(part) for part in value] if isinstance(value, list) else []


BOTTLECRM = Peer(
    name="BottleCRM (django-crm 1.35.0)",
    key="bottlecrm",
    packages=("django-crm==1.35.0",),
    settings="crm.settings",
    wsgi="crm.wsgi",
    fill="bottlecrm_fill.py",
    jobs=_bottlecrm,
    # Its tasks are queued and never run: what mails and webhooks cost is left out.
    variables={"CELERY_BROKER_URL": "memory://", "ENV_TYPE": "dev"},
)
DJANGOCRM = Peer(
    name="DjangoCRM (django-crm-admin 3.1.0)",
    key="djangocrm",
    # Pillow is needed, though not among its requirements.
    packages=("django-crm-admin==3.1.0", "psycopg2-binary", "pillow"),
    # Needs a compiler, and is for another database.
    overrides=('mysqlclient ; sys_platform == "none"',),
    settings="djangocrm_settings",
    wsgi="webcrm.wsgi",
    fill="djangocrm_fill.py",
    jobs=_djangocrm,
    setup=(("migrate", "-v0"), ("setupdata",)),
)
_PLAIN = Peer(
    name="Django admin over PostgreSQL",
    key="plain",
    packages=("django==6.1.3", "psycopg[binary]"),
    settings="plain.settings",
    wsgi="plain.wsgi",
    fill="plain_fill.py",
    jobs=_plain_jobs,
    setup=(("migrate", "-v0", "--run-syncdb"),),
)
PEERS = (BOTTLECRM, DJANGOCRM, _PLAIN)
