"""The way of an event for real, on the emulator: stream, pipe, workflow, topic, queue.

The emulator's pipes have no filters, so all records come to the workflow here.
"""

from collections.abc import Callable, Iterator

import pytest
from django.conf import LazySettings
from django.test import Client

from crm import remember
from crm.accounts.models import Role, User
from crm.dynamodb import client
from infra import naming
from leads import repository
from leads.models import Lead, Status
from tests.infra import cloudformation
from tests.infra.events_path import OPTIONS, REGION, Deployment, Templates, attributes, templates
from tests.infra.events_workflow import URL
from tests.make import add

FORM = {
    "name": "Zoë Žák",
    "email": "zoe@example.com",
    "company": "Engines & Sons",
    "subject": "A question",
    "message": "First line\nsecond line",
}


@pytest.fixture(scope="module")
def stacks(tmp_path_factory: pytest.TempPathFactory) -> Templates:
    """The templates of a stage that keeps nothing."""
    return templates(tmp_path_factory.mktemp("events"))


@pytest.fixture
def deployed(
    ministack: str, stacks: Templates, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Deployment]:
    """A fresh deployment that the application works with."""
    cloudformation.bootstrap(ministack, REGION)
    deployment = Deployment(ministack, stacks)
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", ministack)
    client.reset()
    for setting, table in naming.table_names(OPTIONS).items():
        setattr(settings, setting, table)
    remember.forget_all()
    yield deployment
    deployment.delete()
    client.reset()


@pytest.fixture
def web(deployed: Deployment, client_for: Callable[[User], Client]) -> Client:
    """Return the browser of somebody who works leads."""
    return client_for(User.objects.create_user("sales@example.com", "-", role=Role.SALES))


def move(web: Client, lead: Lead, to: Status) -> Lead:
    sent = {"status": to.value, "version": lead.version}
    assert web.post(f"/leads/{lead.lead_id}/move/", sent).status_code == 302
    return repository.get(lead.lead_id, consistent=True)


def test_a_lead_from_the_form_arrives_where_it_is_wanted(deployed: Deployment) -> None:
    wanted = deployed.subscribed({"event": ["lead.created"], "source": ["contact-form"]})
    everything = deployed.subscribed()
    api = {**FORM, "email": "ada@example.com"}
    answer = Client().post("/api/v1/leads", api, content_type="application/json")
    assert answer.status_code == 201
    assert Client().post("/contact/", FORM).status_code == 303
    # A publication is delivered to all at once: what is not there now does not come.
    sources = {attributes(message)["source"] for message in everything.receive(2)}
    assert sources == {"api", "contact-form"}
    (message,) = wanted.receive()
    assert wanted.waiting() == []
    (lead,) = repository.by_email("zoe@example.com")
    assert message["Subject"] == "New lead: zoe@example.com"
    assert attributes(message) == {
        "event": "lead.created",
        "status": "new",
        "source": "contact-form",
    }
    assert message["Message"].startswith("New lead: Zoë Žák\n\nCompany: Engines & Sons\n")
    assert "\n\nFirst line\nsecond line\n\n" in message["Message"]
    assert message["Message"].endswith(f"\n{URL}/leads/{lead.lead_id}/")


def test_a_conversion_by_staff_arrives(deployed: Deployment, web: Client) -> None:
    conversions = deployed.subscribed({"event": ["lead.converted"]})
    everything = deployed.subscribed()
    lead = move(web, add(name="Ada"), Status.QUALIFIED)
    move(web, lead, Status.CONVERTED)
    (message,) = conversions.receive()
    assert message["Subject"] == "Lead converted: Ada"
    assert attributes(message) == {
        "event": "lead.converted",
        "status": "converted",
        "source": "staff",
    }
    subjects = {message["Subject"] for message in everything.receive(2)}
    assert subjects == {"New lead: Ada", "Lead converted: Ada"}


def test_what_cannot_be_announced_is_set_aside_and_can_be_announced_later(
    deployed: Deployment,
) -> None:
    deployed.sns.delete_topic(TopicArn=deployed.topic)
    assert Client().post("/contact/", FORM).status_code == 303
    (dead,) = deployed.dead_letters.receive()
    (lead,) = repository.by_email("zoe@example.com")
    assert dead["error"]["Error"]
    assert dead["record"]["eventName"] == "INSERT"
    assert dead["record"]["dynamodb"]["Keys"] == {"leadId": {"S": lead.lead_id}}
    assert dead["record"]["dynamodb"]["NewImage"]["message"] == {"S": FORM["message"]}
    # As docs/events.md tells.
    name = deployed.topic.rpartition(":")[2]
    assert deployed.sns.create_topic(Name=name)["TopicArn"] == deployed.topic
    queue = deployed.subscribed()
    assert deployed.run([dead["record"]]) == {"batchItemFailures": []}
    (message,) = queue.receive()
    assert message["Message"].endswith(f"\n{URL}/leads/{lead.lead_id}/")
