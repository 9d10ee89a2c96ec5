"""How much came in by each form, and when the last one did."""

from dataclasses import replace

import pytest

from crm.dynamodb.capacity import count_requests
from leads import repository
from leads.attribution import Attribution
from leads.forms.figures import figures, is_free
from leads.models import Lead
from leads.repository import desk_settings
from leads.repository import forms as store
from leads.repository.origins import last_of
from tests.forms.making import added
from tests.make import ANN, act, add_from
from tests.plugins.parts import aside

SOURCES = ("ads", "letter", "fair")


@aside()
def by(form: str, *sources: str) -> Lead:
    """Store leads of a form, one from each source, and return the last one."""
    return [add_from(Attribution(form=form, utm_source=source)) for source in sources][-1]


@pytest.fixture(autouse=True)
def listed(tables: None) -> None:
    desk_settings.save(replace(desk_settings.read(), sources=SOURCES))
    for slug in ("busy", "quiet", "unused"):
        added(slug)


def test_the_last_one_is_found_among_all_sources() -> None:
    quiet = by("quiet", "fair", "ads", "elsewhere")
    busy = by("busy", "letter", "elsewhere", "letter", "fair", "letter", "ads", "fair")
    found = figures(store.index().forms).by_slug
    assert {slug: (one.leads, one.last) for slug, one in found.items()} == {
        "contact": (0, None),
        "busy": (7, busy.created),
        "quiet": (3, quiet.created),
        "unused": (0, None),
    }


def test_one_of_many_forms_and_sources_is_found_among_the_newest_or_by_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("leads.forms.figures.MOST_PLACES", 1)
    monkeypatch.setattr("leads.forms.figures.NEWEST", 2)
    quiet = by("quiet", "fair", "ads", "ads")
    busy = by("busy", "letter", "elsewhere", "letter", "fair")
    found = figures(store.index().forms).by_slug
    assert [found[slug].last for slug in ("busy", "quiet")] == [busy.created, quiet.created]


def test_no_more_places_are_asked_once_all_leads_of_a_form_are_known() -> None:
    by("busy", "letter", "letter", "letter", "fair", "fair", "ads", "elsewhere")
    by("quiet", "letter")
    totals = repository.counts()
    with count_requests() as usage:
        last_of("quiet", totals)
    assert usage.requests == 1
    with count_requests() as usage:
        last_of("busy", totals)
    assert usage.requests == 4


def test_a_form_is_free_once_its_last_lead_is_deleted() -> None:
    lead = by("quiet", "ads")
    assert not is_free("quiet")
    repository.delete(lead.lead_id, version=1, actor=ANN, write_id=act())
    assert is_free("quiet")
    assert figures(store.index().forms).by_slug["quiet"].last is None
