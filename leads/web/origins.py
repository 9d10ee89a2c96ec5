"""Where a lead came from, and how its message was sent, in the shape of templates."""

from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext, pgettext_lazy

from crm.texts import shorten
from leads.attribution import FIRST_FORM, LONGEST, Attribution
from leads.countries import NAMES
from leads.formatting import long_span_text, moment_text
from leads.models import moment
from leads.repository import consents
from leads.repository.looks import known_looks
from leads.web.presentation import LONG, MINUTE, Fact

_TOLD = {
    "page": _lazy("Page"),
    "landing": _lazy("First page"),
    "referrer": _lazy("Referrer"),
    "utm_campaign": _lazy("Campaign"),
    "utm_source": _lazy("Campaign source"),
    "utm_medium": pgettext_lazy("of a campaign", "Medium"),
    "utm_term": pgettext_lazy("of a campaign", "Term"),
    "utm_content": pgettext_lazy("of a campaign", "Content"),
}


def came_from(came: Attribution) -> list[Fact]:
    """Return what a message told of where its sender came from: texts, whatever they say.

    The words of a consent are 0.5 RRU the first time in a process.
    """
    told = [
        Fact(str(label), shorten(getattr(came, name), 2 * LONG)) for name, label in _TOLD.items()
    ]
    country = NAMES.get(came.phone_region, came.phone_region)
    phone = Fact(_("Phone country"), shorten(country, 2 * LONG))
    found = [_form(came), *told, phone, *_consent(came), *_marks(came)]
    return [fact for fact in found if fact.text]


def _form(came: Attribution) -> Fact:
    # Whoever has one form alone knows that.
    if came.form in {"", FIRST_FORM}:
        return Fact(_("Form"), "")
    return Fact(_("Form"), shorten(known_looks().title(came.form), 2 * LONG))


def _consent(came: Attribution) -> list[Fact]:
    if not (came.consent_version or came.consent_at):
        return []
    agreed = moment(came.consent_at)
    text = moment_text(agreed) if agreed else _("at an unknown time")
    return [Fact(_("Consent"), text, words=consents.words(came.consent_version))]


def _marks(came: Attribution) -> list[Fact]:
    facts = []
    if "seconds" in came.marks:
        facts.append(Fact(_("Filled in"), _time_to_fill(came.marks["seconds"])))
    if came.marks.get("honeypot"):
        seen_by_none = _("A field that people cannot see was filled in.")
        facts.append(Fact(_("Hidden field"), seen_by_none))
    return facts


def _time_to_fill(seconds: int) -> str:
    if seconds < MINUTE:
        number = max(seconds, 1)
        text = ngettext("within %(number)s second", "within %(number)s seconds", number)
        return text % {"number": number}
    # Whatever other programs store.
    if seconds >= LONGEST:
        return _("a day or more after it was opened")
    return _("within %(span)s") % {"span": long_span_text(timedelta(seconds=seconds))}
