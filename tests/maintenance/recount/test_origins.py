"""Leads of before are filed and counted by form and source, and anew where the list changed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError

from crm.dynamodb import calls
from crm.tables import LEADS, RECORDS
from leads import keys, repository
from leads.attribution import Attribution
from leads.campaigns import source_key
from leads.maintenance.recount import moments
from leads.models import Lead, timestamp
from leads.repository import Filter, desk_settings, sources
from leads.repository.counters import counter_of
from tests.maintenance.helpers import expected_tokens, run, tokens
from tests.make import ANN, act, add, add_from, published, revisions, stored

ADS = source_key("ads")
FINE = "Totals: all are right.\nBoards of owners: all are filed.\nSearch tokens: all are right."


def list_sources(*names: str, age: int = 0) -> None:
    desk_settings.save(replace(desk_settings.read(), sources=names))
    if age:
        listed_at = timestamp(datetime.now(UTC) - timedelta(seconds=age))
        calls.update(
            RECORDS,
            keys.listed_sources(),
            "SET #changedAt = :at",
            values={"at": listed_at},
        )


def of_before(source: str = "contact-form") -> Lead:
    """Return a lead as a release before 14 stored it."""
    return add(source=source)


def listed(**wanted: str) -> list[str]:
    return [lead.lead_id for lead in repository.listing(Filter(**wanted)).leads]  # type: ignore[arg-type] # texts alone


def counted() -> tuple[dict[str, int], dict[str, int]]:
    counts = repository.counts(consistent=True)
    forms, of_sources = counts.forms.items(), counts.sources.items()
    return {form: n for form, n in forms if n}, {key: n for key, n in of_sources if n}


def test_leads_of_before_came_by_the_first_form(store: str) -> None:
    old, by_api = of_before(), of_before("api")
    of_before("import")
    calls.put(LEADS, published("theirs", source="contact-form"))
    before = revisions()
    with pytest.raises(CommandError):
        run("recount", "--dry-run")
    assert counted() == ({}, {})
    assert run("recount").startswith(
        f"Forms and sources: 2 leads were not filed by them: filed.\n{FINE}"
    )
    assert listed(form="contact") == [by_api.lead_id, old.lead_id]
    assert counted() == ({"contact": 2}, {"": 2})
    assert revisions() == before
    assert repository.get(old.lead_id, consistent=True).version == 1
    assert run("recount").startswith(FINE)
    repository.delete(old.lead_id, version=1, actor=ANN, write_id=act())
    assert counted() == ({"contact": 1}, {"": 1})
    assert tokens() == expected_tokens()


def test_what_is_listed_now_is_filed_anew(store: str) -> None:
    first = add_from(Attribution(form="contact", utm_source="ADS"))
    list_sources("ads")
    second = add_from(Attribution(form="contact", utm_source="ads"))
    run("recount")
    assert listed(source=ADS) == [second.lead_id, first.lead_id]
    assert listed(source="") == []
    assert counted() == ({"contact": 2}, {ADS: 2})
    list_sources(age=120)
    run("recount")
    assert listed(source="") == [second.lead_id, first.lead_id]
    assert "sourceKey" not in stored(first.lead_id)
    assert counted() == ({"contact": 2}, {"": 2})
    assert sources.read(consistent=True).filed == {""}
    assert run("recount").startswith(FINE)


def test_a_list_that_has_just_changed_is_read_where_it_was_filed(tables: None) -> None:
    list_sources("ads")
    list_sources()
    run("recount")
    assert sources.read(consistent=True).filed == {"", ADS}


def test_totals_that_are_off_are_put_right(store: str) -> None:
    list_sources("ads")
    lead = add_from(Attribution(form="contact", utm_source="ads"))
    key = keys.counter(counter_of(lead))
    values = {"one": 1}
    calls.update(RECORDS, key, f"ADD #f_contact :one, #s_{ADS} :one, #f_shop :one", values=values)
    said = run("recount")
    name = counter_of(lead)
    assert f"Totals, {name}: 2 form contact, and there were 1: repaired." in said
    assert f"Totals, {name}: 1 form shop, and there were 0: repaired." in said
    assert counted() == ({"contact": 1}, {ADS: 1})


def test_a_lead_that_is_deleted_meanwhile_is_known_by_its_timeline(
    tables: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    leads = [add_from(Attribution(form="contact")) for _ in range(3)]
    gone = leads[0]
    original = moments.quiet_moments
    times: list[int] = []

    def delete_after_the_first(*arguments: object) -> object:
        found = original(*arguments)  # type: ignore[arg-type] # as they come
        if not times:
            repository.delete(gone.lead_id, version=1, actor=ANN, write_id=act())
        times.append(1)
        return found

    monkeypatch.setattr("leads.maintenance.recount.totals.quiet_moments", delete_after_the_first)
    assert run("recount").startswith(FINE)
    assert counted() == ({"contact": 2}, {"": 2})


def test_what_is_missing_or_of_nothing_is_put_right(store: str) -> None:
    lead = add_from(Attribution(form="contact"))
    (filed,) = [item for item in tokens() if str(item["PK"]).startswith(keys.ORIGIN)]
    calls.delete(RECORDS, RECORDS.key_of(filed))
    calls.put(RECORDS, {**RECORDS.key_of(filed), "PK": keys.origin("shop#")})
    said = run("recount")
    assert "Search tokens: 1 of 1 leads were missing or wrong: written." in said
    assert "Search tokens: 1 were of no lead or no word: removed." in said
    assert (listed(form="contact"), listed(form="shop")) == ([lead.lead_id], [])
