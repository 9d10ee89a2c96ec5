"""Leads of a release that knew no boards of owners are filed by ``recount``."""

import pytest
from django.core.management import CommandError

from crm.dynamodb import calls
from crm.dynamodb.calls import Item
from crm.tables import LEADS
from leads import repository
from leads.models import STAGES, Status
from tests.maintenance.helpers import run
from tests.make import ANN, act, add, stored


def unfiled(item: Item) -> Item:
    return {name: value for name, value in item.items() if name not in {"boardKey", "preview"}}


def test_a_lead_is_filed_and_otherwise_as_it_was(tables: None) -> None:
    lead = add(Status.QUALIFIED, message="Dear all")
    repository.assign(lead.lead_id, ANN.id, version=1, actor=ANN, write_id=act())
    right = stored(lead.lead_id)
    calls.put(LEADS, unfiled(right))
    with pytest.raises(CommandError):
        run("recount", "--dry-run")
    assert stored(lead.lead_id) == unfiled(right)
    assert "1 leads were not filed by owner: filed" in run("recount")
    assert stored(lead.lead_id) == right
    board = repository.board(dict.fromkeys(STAGES, 5), owner_id=ANN.id)
    assert [one.lead_id for one in board.columns[Status.QUALIFIED].leads] == [lead.lead_id]
    assert "Boards of owners: all are filed." in run("recount")
