"""The same rule under any server: a body that is too large is refused by its header."""

from http import HTTPStatus

from django.conf import LazySettings
from django.test import Client
from django.urls import reverse

from crm import bodies
from crm.bodies import MEGABYTE
from tests.project.test_compose import COMPOSE

UPLOAD = reverse("lead_import")


def post(browser: Client, path: str, size: int) -> tuple[int, str]:
    """Send a body that says how large it is, and is not there."""
    response = browser.generic("POST", path, b"x", CONTENT_LENGTH=str(size))
    return response.status_code, response.content.decode()


def test_one_megabyte_is_the_most(tables: None, client: Client) -> None:
    for path in (reverse("login"), reverse("lead_list"), "/nowhere/"):
        status, text = post(client, path, MEGABYTE + 1)
        assert status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        assert "At most 1 MB can be sent here, and this was more." in text


def test_a_program_reads_json(client: Client) -> None:
    status, text = post(client, "/api/nowhere", MEGABYTE + 1)
    assert status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    assert text.startswith('{"error"')


def test_a_file_may_be_larger_for_who_has_signed_in(
    tables: None, web: Client, client: Client, settings: LazySettings
) -> None:
    cookie = f"{settings.SESSION_COOKIE_NAME}={web.cookies[settings.SESSION_COOKIE_NAME].value}"
    most = bodies.most_bytes(UPLOAD, cookie)
    assert most > settings.MAX_UPLOAD_MB * MEGABYTE
    assert bodies.fits(most, UPLOAD, cookie)
    assert not bodies.fits(most + 1, UPLOAD, cookie)
    assert not bodies.fits(most, UPLOAD, "")
    assert not bodies.fits(most, UPLOAD, cookie[:-1])
    assert not bodies.fits(most, reverse("lead_list"), cookie)
    assert "At most 50 MB" in post(web, UPLOAD, most + 1)[1]
    assert "Only who is signed in can send a file" in post(client, UPLOAD, most)[1]


def test_what_had_no_place_is_asked_to_come_again(client: Client) -> None:
    response = client.post(reverse("contact"), {}, **{bodies.BUSY: True})  # type: ignore[arg-type]
    assert response.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert response["Retry-After"] == "30"
    assert "Too much is coming in just now" in response.content.decode()


def test_the_folder_for_files_fits_what_may_come_at_once(settings: LazySettings) -> None:
    """Of each upload the body, Django's copy of the file, and one for the reader of workbooks."""
    folder = COMPOSE["x-image"]["tmpfs"][0]
    assert folder.startswith("/tmp:size=")  # noqa: S108 -- the container's own
    size = int(folder.removeprefix("/tmp:size=").removesuffix("m"))  # noqa: S108
    assert size >= 4 * 3 * (settings.MAX_UPLOAD_MB + 1)
