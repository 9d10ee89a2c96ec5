"""New leads, on both engines."""

import pytest
from pydantic import ValidationError

from crm.dynamodb import calls
from crm.dynamodb.capacity import count_requests
from crm.dynamodb.errors import ItemTooLargeError
from crm.tables import EPHEMERAL, LEADS
from leads import keys, repository
from leads.models import EventType, LeadFields, Status, moment
from leads.repository import Intake, SubmissionReusedError
from tests.make import ANN, add, events, fields, only, stored, totals


def create(submission: str, **given: str) -> Intake:
    return repository.create(fields(**given), submission=submission, actor=ANN, source="test")


def test_a_new_lead_is_stored_with_its_event_and_counted(store: str) -> None:
    intake = create("form-1", company="Acme", phone="+49 30 1")
    lead = repository.get(intake.lead_id, consistent=True)
    assert not intake.repeated
    assert (lead.name, lead.email, lead.company) == ("Ada", "ada@example.com", "Acme")
    assert (lead.phone, lead.subject, lead.message) == ("+49 30 1", "Hi", "Hello")
    assert (lead.status, lead.version, lead.source) == (Status.NEW, 1, "test")
    assert lead.created_at == lead.updated_at == lead.stage_entered_at
    assert moment(lead.created_at)
    (event,) = events(lead.lead_id)
    assert (event.type, event.actor, event.version) == (EventType.CREATED, ANN, 1)
    assert totals() == only(new=1)


def test_stored_under_the_published_names(store: str) -> None:
    item = stored(add().lead_id)
    assert (item["name"], item["email"], item["status"]) == ("Ada", "ada@example.com", "new")
    assert (item["subject"], item["message"]) == ("Hi", "Hello")
    assert item["createdAt"] == item["updatedAt"]
    assert item["boardShard"] == keys.shard(str(item["leadId"]))


def test_empty_optional_fields_are_left_out(store: str) -> None:
    item = stored(add(company=" ", phone="").lead_id)
    assert not {"company", "phone", "ownerId"} & set(item)


def test_trimmed_and_the_email_in_lower_case(store: str) -> None:
    item = stored(
        add(name=" Ada \n L. ", email=" Ada@Example.COM ", message="\n a\r\nb \n").lead_id
    )
    assert item["name"] == "Ada L."
    assert item["email"] == "ada@example.com"
    assert item["message"] == "a\nb"


@pytest.mark.parametrize("status", Status)
def test_in_any_status_with_an_owner(store: str, status: Status) -> None:
    lead = add(status=status, owner_id="u-bob")
    assert (lead.status, lead.owner_id) == (status, "u-bob")
    assert totals() == only(**{status.value: 1})


def test_the_same_submission_again_is_no_second_lead(store: str) -> None:
    first, second, third = (create("form-1") for _ in range(3))
    assert first.lead_id == second.lead_id == third.lead_id
    assert third.repeated
    assert totals() == only(new=1)
    assert len(events(first.lead_id)) == 1


def test_the_same_submission_again_after_the_lead_was_worked(store: str) -> None:
    lead_id = create("form-1").lead_id
    repository.edit(lead_id, {"name": "Bo"}, version=1, actor=ANN, write_id="w-edit")
    assert create("form-1") == Intake(lead_id, repeated=True)
    assert repository.get(lead_id, consistent=True).name == "Bo"


def test_the_same_submission_again_after_the_lead_was_deleted(store: str) -> None:
    lead_id = create("form-1").lead_id
    repository.delete(lead_id, version=1, actor=ANN, write_id="w-delete")
    assert create("form-1").repeated
    with pytest.raises(repository.LeadNotFoundError):
        repository.get(lead_id, consistent=True)
    assert totals() == only()


def test_a_submission_that_reads_nothing_is_no_second_lead_either(store: str) -> None:
    first, second = (
        repository.create(fields(), submission="form-1", actor=ANN, source="test", blind=True)
        for _ in range(2)
    )
    assert not first.repeated
    assert second == Intake(first.lead_id, repeated=True)
    assert totals() == only(new=1)


def test_a_submission_with_other_contents_is_refused(store: str) -> None:
    lead_id = create("form-1").lead_id
    with pytest.raises(SubmissionReusedError):
        create("form-1", message="Something else")
    assert repository.get(lead_id, consistent=True).message == "Hello"
    assert totals() == only(new=1)


def test_other_submissions_are_other_leads(store: str) -> None:
    assert create("form-1").lead_id != create("form-2").lead_id
    assert totals() == only(new=2)


def test_a_record_past_its_expiry_counts_as_gone(store: str) -> None:
    """The table forgets late; the lead itself still keeps a repeat from being another one."""
    lead_id = create("form-1").lead_id
    calls.update(EPHEMERAL, keys.idempotency("form-1"), "SET #expiresAt = :t", values={"t": 1})
    assert create("form-1").repeated
    repository.delete(lead_id, version=1, actor=ANN, write_id="w-delete")
    calls.update(EPHEMERAL, keys.idempotency("form-1"), "SET #expiresAt = :t", values={"t": 1})
    assert not create("form-1").repeated


@pytest.mark.parametrize(
    ("field", "most"),
    [
        ("name", 200),
        ("company", 200),
        ("phone", 50),
        ("subject", 200),
        ("message", 10_000),
    ],
)
def test_limits_of_each_field(store: str, field: str, most: int) -> None:
    lead_id = create("form-1", **{field: "🦆" * most}).lead_id
    assert getattr(repository.get(lead_id, consistent=True), field) == "🦆" * most
    with count_requests() as usage, pytest.raises(ValidationError) as caught:
        create("form-2", **{field: "x" * (most + 1)})
    assert [error["loc"] for error in caught.value.errors()] == [(field,)]
    assert str(most) in str(caught.value)
    assert usage.requests == 0


def test_an_item_over_400_kb_is_refused_before_any_request(store: str) -> None:
    large = LeadFields.model_construct(**{**fields().model_dump(), "message": "x" * 409_600})
    with count_requests() as usage, pytest.raises(ItemTooLargeError, match="409,600"):
        repository.create(large, submission="s", actor=ANN, source="test")
    assert usage.requests == 0
    assert calls.get(LEADS, keys.lead(keys.lead_id_of("s"))) is None
