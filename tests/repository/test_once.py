"""A change is applied once, and answered truly, whatever the network does to it."""

from collections.abc import Callable
from itertools import repeat

import pytest

from crm.dynamodb.errors import UnavailableError
from leads import repository
from leads.models import ClosedAs, Lead, Status
from tests.make import ANN, BOB, act, add, events, fields, only, recount, totals
from tests.repository.proxy import Fault, Proxy

# One on the connection that was kept, and once more at each attempt after that.
ATTEMPTS = 5
LOST = [Fault.LOST_REQUEST, Fault.LOST_ANSWER]


def move(lead: Lead, write_id: str) -> object:
    return repository.move(
        lead.lead_id, Status.CONTACTED, version=lead.version, actor=ANN, write_id=write_id
    ).version


def edit(lead: Lead, write_id: str) -> object:
    return repository.edit(
        lead.lead_id, {"name": "Bo"}, version=lead.version, actor=ANN, write_id=write_id
    ).version


def give(lead: Lead, write_id: str) -> object:
    return repository.assign(
        lead.lead_id, "u-bob", version=lead.version, actor=ANN, write_id=write_id
    ).version


def close(lead: Lead, write_id: str) -> object:
    return repository.close(
        lead.lead_id, ClosedAs.LOST, version=lead.version, actor=ANN, write_id=write_id
    ).version


def delete(lead: Lead, write_id: str) -> object:
    repository.delete(lead.lead_id, version=lead.version, actor=ANN, write_id=write_id)
    return 2


CHANGES = pytest.mark.parametrize(
    ("change", "expected"),
    [
        (move, only(contacted=1)),
        (edit, only(new=1)),
        (give, only(new=1)),
        (close, only(lost=1)),
        (delete, only()),
    ],
)
type Change = Callable[[Lead, str], object]


def assert_applied_once(lead: Lead, expected: dict[Status, int]) -> None:
    assert [event.version for event in events(lead.lead_id)] == [1, 2]
    assert totals() == recount() == expected


@pytest.mark.slow
@CHANGES
@pytest.mark.parametrize("fault", LOST)
@pytest.mark.parametrize("forget_tokens", [False, True])
def test_a_lost_request_or_answer(
    proxy: Proxy,
    change: Change,
    expected: dict[Status, int],
    fault: Fault,
    forget_tokens: bool,  # noqa: FBT001 - a case
) -> None:
    lead = add()
    proxy.forget_tokens = forget_tokens
    proxy.faults.extend([fault, fault])
    proxy.transactions = 0
    assert change(lead, act()) == 2
    assert proxy.transactions == 3 or (forget_tokens and proxy.transactions == 2)
    assert_applied_once(lead, expected)


@pytest.mark.slow
@CHANGES
def test_an_answer_that_comes_too_late(
    proxy: Proxy, change: Change, expected: dict[Status, int]
) -> None:
    lead = add()
    proxy.faults.append(Fault.NO_ANSWER)
    assert change(lead, act()) == 2
    assert_applied_once(lead, expected)


@pytest.mark.slow
@CHANGES
@pytest.mark.parametrize("forget_tokens", [False, True])
def test_the_user_tries_again_after_no_answer_at_all(
    proxy: Proxy,
    change: Change,
    expected: dict[Status, int],
    forget_tokens: bool,  # noqa: FBT001 - a case
) -> None:
    lead, write_id = add(), act()
    proxy.faults.extend(repeat(Fault.LOST_ANSWER, ATTEMPTS))
    with pytest.raises(UnavailableError):
        change(lead, write_id)
    proxy.forget_tokens = forget_tokens
    assert change(lead, write_id) == 2
    assert_applied_once(lead, expected)


@pytest.mark.slow
@CHANGES
def test_the_user_tries_again_after_no_request_arrived(
    proxy: Proxy, change: Change, expected: dict[Status, int]
) -> None:
    lead, write_id = add(), act()
    proxy.faults.extend(repeat(Fault.LOST_REQUEST, ATTEMPTS))
    with pytest.raises(UnavailableError):
        change(lead, write_id)
    assert len(events(lead.lead_id)) == 1
    assert change(lead, write_id) == 2
    assert_applied_once(lead, expected)


@pytest.mark.slow
@pytest.mark.parametrize("change", [move, edit])
def test_somebody_else_was_there_before_the_user_tries_again(proxy: Proxy, change: Change) -> None:
    lead, write_id = add(), act()
    proxy.faults.extend(repeat(Fault.LOST_ANSWER, ATTEMPTS))
    with pytest.raises(UnavailableError):
        change(lead, write_id)
    for version in range(2, 12):
        repository.edit(
            lead.lead_id, {"subject": str(version)}, version=version, actor=BOB, write_id=act()
        )
    assert change(lead, write_id) == 12
    assert [event.version for event in events(lead.lead_id)] == list(range(1, 13))


def test_somebody_elses_change_is_no_success_of_mine(proxy: Proxy) -> None:
    """The request is lost, and meanwhile somebody moves the lead to the same status."""
    lead, write_id = add(), act()
    proxy.faults.extend(repeat(Fault.LOST_REQUEST, ATTEMPTS))
    with pytest.raises(UnavailableError):
        move(lead, write_id)
    repository.move(lead.lead_id, Status.CONTACTED, version=1, actor=BOB, write_id=act())
    with pytest.raises(repository.StaleLeadError):
        move(lead, write_id)


@pytest.mark.slow
@pytest.mark.parametrize("fault", [*LOST, Fault.NO_ANSWER])
@pytest.mark.parametrize("forget_tokens", [False, True])
def test_a_submission(
    proxy: Proxy,
    fault: Fault,
    forget_tokens: bool,  # noqa: FBT001 - a case
) -> None:
    proxy.forget_tokens = forget_tokens
    proxy.faults.append(fault)
    intake = repository.create(fields(), submission="s", actor=ANN, source="test")
    assert [event.version for event in events(intake.lead_id)] == [1]
    assert totals() == recount() == only(new=1)


def test_a_visitor_tries_again_after_no_answer_at_all(proxy: Proxy) -> None:
    proxy.faults.extend(repeat(Fault.LOST_ANSWER, ATTEMPTS))
    with pytest.raises(UnavailableError):
        repository.create(fields(), submission="s", actor=ANN, source="test")
    assert repository.create(fields(), submission="s", actor=ANN, source="test").repeated
    assert totals() == recount() == only(new=1)
