"""Held messages in the shape of templates."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from crm import zones
from crm.networks import UNKNOWN
from crm.texts import shorten
from leads.addresses import mail_link
from leads.fields import EMAIL, MESSAGE, NAME, SUBJECT, in_page_order, slug_of
from leads.formatting import number_text
from leads.held.models import HeldMessage, Reason, State
from leads.held.overview import Overview
from leads.models import moment
from leads.repository import registry
from leads.web.origins import came_from
from leads.web.pagination import address_of
from leads.web.presentation import Fact, custom_text, source_text

# A message of so many characters is read at a glance; a longer one opens.
SHORT = 280
# The rest of a very long one is read in the lead.
MOST_SHOWN = 4000


@dataclass(frozen=True)
class Card:
    """A message as it is shown; ``beginning`` is what a long one shows until it is opened."""

    lead_id: str
    state: State
    name: str
    email: str
    mail_link: str
    subject: str
    beginning: str
    message: str
    facts: list[Fact]
    network: str
    network_url: str
    hour: str
    hour_url: str
    source: str
    reason: str
    received: datetime | None
    actor_name: str
    ends: datetime | None


def card(message: HeldMessage) -> Card:
    """Return a message that was read whole."""
    text = message.text(MESSAGE.name)
    # Seven lines are high, however short they are.
    is_long = len(text) > SHORT or text.count("\n") > 6  # noqa: PLR2004
    return Card(
        lead_id=message.lead_id,
        state=message.state,
        name=shorten(name(message), 120),
        email=message.text(EMAIL.name),
        mail_link=mail_link(message.text(EMAIL.name)),
        subject=message.text(SUBJECT.name),
        beginning=shorten(" ".join(text[: 2 * SHORT].split()), SHORT) if is_long else "",
        message=shorten(text, MOST_SHOWN),
        facts=[*_facts(message), *came_from(message.attribution)],
        network=network_text(message.network),
        network_url=list_url(message.state, network=message.network),
        # The day stands beside it.
        hour=hour_text(message.hour, start_format=_time_format()),
        hour_url=list_url(message.state, hour=message.hour),
        source=source_text(message.source),
        reason=_reason_text(message.reason),
        received=message.received,
        actor_name=shorten(message.actor_name, 60),
        ends=datetime.fromtimestamp(message.expires_at, UTC) if message.expires_at else None,
    )


def _facts(message: HeldMessage) -> list[Fact]:
    own = [
        Fact(str(field.label), message.text(field.name))
        for field in in_page_order()
        if field not in {NAME, EMAIL, SUBJECT, MESSAGE} and message.text(field.name)
    ]
    names = [name for name in message.texts if slug_of(name)]
    rows = registry.with_names(names).rows if names else ()
    custom = [(row, message.text(row.name)) for row in rows if message.text(row.name)]
    return own + [Fact(str(row.label), custom_text(row, text)) for row, text in custom]


def name(message: HeldMessage) -> str:
    """Name whoever wrote a message."""
    return message.text(NAME.name) or message.text(EMAIL.name)


def list_url(state: State, **filters: str) -> str:
    """Return the address of the messages in a state: all, or those of a network or an hour."""
    show = State.DISCARDED.value if state is State.DISCARDED else ""
    return address_of(reverse("held_list"), {"show": show, **filters})


def network_text(network: str) -> str:
    """Name a network."""
    return pgettext("network", "Unknown") if network == UNKNOWN else network


def hour_text(hour: str, *, start_format: str = "DATETIME_FORMAT") -> str:
    """Write an hour in the present zone, from when to when."""
    start = moment(f"{hour}:00:00Z")
    if start is None:
        return hour
    return _("%(start)s to %(end)s") % {
        "start": date_format(zones.local(start), start_format),
        "end": date_format(zones.local(start + timedelta(hours=1)), _time_format()),
    }


def _time_format() -> str:
    return pgettext("format of Django's date filter", "H:i")


def count_text(found: Overview) -> str:
    """Write how many messages there are, as short as it goes."""
    number = number_text(found.number)
    return _("%(number)s+") % {"number": number} if found.more else number


def number_of_messages(found: Overview) -> str:
    """Say how many messages there are."""
    if found.more:
        text = ngettext(
            "more than %(number)s message", "more than %(number)s messages", found.number
        )
    else:
        text = ngettext("%(number)s message", "%(number)s messages", found.number)
    return text % {"number": number_text(found.number)}


def _reason_text(reason: str) -> str:
    if reason == Reason.TOTAL:
        return _("Held because very many messages came in within the hour.")
    return _("Held because many messages came from its network within the hour.")
