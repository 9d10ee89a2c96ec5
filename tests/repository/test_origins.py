"""Leads filed and counted by the form that they came by and by their source."""

from dataclasses import replace

import pytest

from crm import remember
from crm.dynamodb.calls import query_all
from crm.dynamodb.capacity import count_requests
from crm.dynamodb.errors import UnavailableError
from crm.dynamodb.size import item_size
from crm.tables import RECORDS
from leads import keys, repository
from leads.attribution import Attribution
from leads.campaigns import clean_texts, source_key
from leads.held import store as held
from leads.models import Lead, Status
from leads.repository import Filter, desk_settings, sources
from leads.repository.counters import cells_in
from leads.repository.filters import EVERYTHING
from tests.dynamodb_local import UNITS
from tests.make import ANN, act, add, add_from, events, fields, published, stored, write

NEWS, ADS = source_key("newsletter"), source_key("ads")


def came(form: str = "contact", utm_source: str = "") -> Attribution:
    return Attribution(form=form, utm_source=utm_source)


def list_sources(*names: str) -> None:
    now = desk_settings.read()
    desk_settings.save(replace(now, sources=names))


def found(
    form: str = "", source: str | None = None, size: int = 25, wanted: Filter = EVERYTHING
) -> list[str]:
    """Return the ids of the leads of a list, read to its end."""
    wanted = wanted._replace(form=form, source=source)
    ids: list[str] = []
    page = repository.listing(wanted, size=size)
    while True:
        ids += [lead.lead_id for lead in page.leads]
        if not page.cursor:
            return ids
        page = repository.listing(wanted, page.cursor, size)


def counted() -> tuple[dict[str, int], dict[str, int]]:
    counts = repository.counts(consistent=True)
    forms, of_sources = counts.forms.items(), counts.sources.items()
    return {form: n for form, n in forms if n}, {key: n for key, n in of_sources if n}


def test_a_lead_keeps_where_it_came_from(store: str) -> None:
    told = clean_texts({"utm_source": "ads", "utm_medium": "cpc", "page": "https://a.example/b?c"})
    lead = add_from(Attribution(form="contact", **told, marks={"seconds": 9, "honeypot": 1}))
    item = stored(lead.lead_id)
    assert (item["utmSource"], item["page"], item["form"]) == (
        "ads",
        "https://a.example/b",
        "contact",
    )
    assert "sourceKey" not in item
    assert "utmTerm" not in item
    assert lead.attribution.marks == {"seconds": 9, "honeypot": 1}
    moved = repository.move(lead.lead_id, Status.CONTACTED, version=1, actor=ANN, write_id=act())
    assert moved.attribution == lead.attribution


def test_leads_are_found_and_counted_by_form_and_source(store: str) -> None:
    list_sources("Newsletter", "ads")
    news = add_from(came(utm_source="newsletter"))
    shop = add_from(came("shop-2", utm_source="NEWSLETTER"))
    other = add_from(came(utm_source="elsewhere"))
    bare = add_from(came("shop-2"))
    add(owner_id="u-ann")
    assert found(form="contact") == [other.lead_id, news.lead_id]
    assert found(form="shop-2") == [bare.lead_id, shop.lead_id]
    assert found(source=NEWS) == [shop.lead_id, news.lead_id]
    assert found(form="shop-2", source=NEWS) == [shop.lead_id]
    assert found(source="") == [bare.lead_id, other.lead_id]
    assert found(source=ADS) == found(form="nothing") == []
    assert counted() == ({"contact": 2, "shop-2": 2}, {NEWS: 2, "": 2})


def test_pages_of_several_places_are_one_list(tables: None) -> None:
    list_sources("newsletter", "ads")
    told = ["newsletter", "ads", "", "newsletter", "x", "ads", "newsletter", ""]
    leads = [add_from(came(utm_source=name)) for name in told]
    newest_first = [lead.lead_id for lead in leads[::-1]]
    for size in (1, 2, 3, 8):
        assert found(form="contact", size=size) == newest_first
    repository.move(leads[0].lead_id, Status.CONTACTED, version=1, actor=ANN, write_id=act())
    assert found("contact", wanted=Filter(status=Status.CONTACTED)) == [leads[0].lead_id]
    assert found("contact", wanted=Filter(since=leads[6].created_at))[-1] == leads[6].lead_id


def test_a_search_asks_where_leads_came_from(tables: None) -> None:
    one = add_from(came("shop"), name="Maya")
    add_from(came(), name="Maya")
    assert [lead.lead_id for lead in repository.search("maya", Filter(form="shop")).leads] == [
        one.lead_id
    ]


def test_totals_follow_a_lead_to_its_owner_and_out_and_back(store: str) -> None:
    list_sources("ads")
    lead = add_from(came(utm_source="ads"))
    assigned = repository.assign(lead.lead_id, "u-ann", version=1, actor=ANN, write_id=act())
    items = query_all(RECORDS, "#PK = :pk", {"pk": keys.COUNTERS}, consistent=True)
    cells = {str(item["SK"]): cells_in(str(item["SK"]), item) for item in items}
    assert cells[keys.owners_counter("u-ann")] == {
        "new": 1,
        "form contact": 1,
        f"source {source_key('ads')}": 1,
    }
    assert sum(cells[keys.counter_name(lead.lead_id, None)].values()) == 0
    gone = repository.delete(lead.lead_id, version=assigned.version, actor=ANN, write_id=act())
    assert counted() == ({}, {})
    assert found(form="contact") == []
    assert events(lead.lead_id)[-1].changes["origin"].old == f"contact#{source_key('ads')}"
    repository.undo(gone, actor=ANN, write_id=act())
    assert counted() == ({"contact": 1}, {source_key("ads"): 1})
    assert found(form="contact") == [lead.lead_id]


def test_a_source_counts_as_it_was_listed_when_the_lead_came(store: str) -> None:
    before = add_from(came(utm_source="ads"))
    list_sources("ads")
    after = add_from(came(utm_source="ads"))
    list_sources()
    last = add_from(came(utm_source="ads"))
    assert counted()[1] == {"": 2, ADS: 1}
    # What was listed once is read on, until a recount has filed it anew.
    assert found(form="contact") == [last.lead_id, after.lead_id, before.lead_id]
    repository.delete(after.lead_id, version=1, actor=ANN, write_id=act())
    assert counted()[1] == {"": 2}


def test_a_repeat_is_no_second_lead_wherever_it_comes_from(store: str) -> None:
    first = repository.create(
        fields(), submission="s" * 20, actor=ANN, source="contact-form", attribution=came()
    )
    again = repository.create(
        fields(),
        submission="s" * 20,
        actor=ANN,
        source="contact-form",
        attribution=Attribution(form="contact", utm_source="ads", marks={"seconds": 99}),
    )
    assert again == (first.lead_id, True)
    assert "utmSource" not in stored(first.lead_id)
    assert counted() == ({"contact": 1}, {"": 1})


def test_a_held_message_keeps_it_and_its_lead_has_it(store: str) -> None:
    list_sources("ads")
    told = Attribution(
        form="shop", utm_source="ads", page="https://a.example/", marks={"honeypot": 1}
    )
    one = held.hold(
        fields(), submission="k", source="contact-form", address="203.0.113.1", attribution=told
    )
    assert held.get(one.lead_id).attribution == told
    again = held.hold(fields(), submission="k", source="contact-form", address="203.0.113.1")
    assert again.repeated
    held.release(one.lead_id, ANN)
    lead = repository.get(one.lead_id, consistent=True)
    assert lead.attribution == replace(told, source_key=ADS)
    assert held.get(one.lead_id).attribution == Attribution()


def test_a_list_that_cannot_be_read_loses_no_message(
    tables: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    list_sources("ads")
    remember.forget_all()

    def refuse(*_arguments: object, **_named: object) -> None:
        raise UnavailableError("not now")

    monkeypatch.setattr("leads.repository.sources.read", refuse)
    lead = add_from(came(utm_source="ads"))
    assert lead.attribution.source_key == ""
    assert lead.attribution.utm_source == "ads"


def test_the_list_is_read_once_in_a_while_and_only_for_a_source(tables: None) -> None:
    with count_requests() as plain:
        add_from(came())
    list_sources("ads")
    with count_requests() as first:
        add_from(came(utm_source="ads"))
    with count_requests() as second:
        add_from(came(utm_source="ads"))
    assert [usage.requests for usage in (first, second)] == [plain.requests + 1, plain.requests]


def test_a_message_costs_two_units_more(tables: None) -> None:
    message = fields(company="Analytical Engines", message="m" * 200)
    used = []
    for attribution in (Attribution(), full()):
        with count_requests() as usage:
            repository.create(
                message, submission=act(), actor=ANN, source="contact-form", attribution=attribution
            )
        used.append(usage.wru)
    assert used[1] - used[0] == 2 * UNITS


def full() -> Attribution:
    """Return as much as a message may tell of where it came from."""
    names = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")
    pages = dict.fromkeys(("page", "landing", "referrer"), f"https://shop.example/{'p' * 200}")
    told = clean_texts(dict.fromkeys(names, "campaign of the spring " * 9) | pages)
    return Attribution(form="contact", **told, marks={"seconds": 86_400})


def test_with_all_of_it_a_default_message_stays_within_its_kilobyte(tables: None) -> None:
    list_sources(full().utm_source)
    plain = add_from(Attribution(), company="Analytical Engines", message="m" * 180)
    told = add_from(full(), company="Analytical Engines", message="m" * 180)
    own, whole = (item_size(stored(lead.lead_id)) for lead in (plain, told))
    assert 250 < whole - own <= 300
    assert whole <= 1024


@pytest.mark.parametrize("count", [30, 90])
def test_a_page_costs_the_same_with_many_leads(tables: None, count: int) -> None:
    list_sources("newsletter", "ads")
    names = ["newsletter", "ads", ""]
    for number in range(count):
        add_from(came(utm_source=names[number % 3]))
    sources.current()
    with count_requests() as usage:
        assert len(repository.listing(Filter(form="contact")).leads) == 25
    assert usage.requests == 4
    assert usage.rru <= (1.5 + 25 / 2) * UNITS


def test_another_programs_lead_is_filed_with_its_first_change(tables: None) -> None:

    theirs: Lead = write(published("theirs", form="shop"))
    assert found(form="shop") == []
    repository.move(theirs.lead_id, Status.NEW, version=0, actor=ANN, write_id=act())
    assert found(form="shop") == ["theirs"]
    assert counted()[0] == {"shop": 1}
