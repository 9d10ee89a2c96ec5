"""What admins set for the desk: reasons for closing, limits, hours, rules, sources.

One record holds it; without one, or after a reset, the defaults hold.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import cast
from uuid import uuid4

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import override

from crm.dynamodb import calls
from crm.dynamodb.errors import TransactionRefusedError
from crm.dynamodb.items import Item, as_seen
from crm.dynamodb.transaction import Put, Update
from crm.remember import Remembered
from crm.tables import RECORDS
from crm.working_hours import WorkingHours
from leads import keys
from leads.models import ClosedAs, Status, timestamp
from leads.repository import sources
from leads.repository.sources import listing_update

MAX_AGE = 30  # seconds
DEFAULT_LIMITS: Mapping[str, timedelta | None] = {
    Status.NEW.value: timedelta(hours=4),
    Status.CONTACTED.value: timedelta(days=3),
    Status.QUALIFIED.value: timedelta(days=7),
    Status.CONVERTED.value: None,
}


@dataclass(frozen=True)
class Rules:
    """Whether leads that come in are given to ``people`` (ids) in turn.

    Nobody with as many open leads as ``most_open`` gets another one.
    """

    is_on: bool = False
    people: tuple[str, ...] = ()
    most_open: int | None = None


@dataclass(frozen=True)
class DeskSettings:
    """Reasons by outcome, and limits of age by stage; ``None``: as long as it likes.

    Without ``hours`` the desk works around the clock. Leads are counted by ``sources``.
    ``version`` counts the changes of the record; 0: there is none.
    """

    reasons: Mapping[str, tuple[str, ...]]
    limits: Mapping[str, timedelta | None]
    hours: WorkingHours | None = None
    rules: Rules = Rules()
    sources: tuple[str, ...] = ()
    version: int = field(default=0, compare=False)


class StaleSettingsError(Exception):
    """Somebody changed the settings since they were read; ``now`` is how they are."""

    def __init__(self, now: DeskSettings) -> None:
        super().__init__("The settings have changed.")
        self.now = now


_remembered: Remembered[DeskSettings] = Remembered(MAX_AGE)


def current() -> DeskSettings:
    """Return the settings, half a minute old at most; changes of this process show at once."""
    return _remembered.get_or_read(read)


def read() -> DeskSettings:
    """Read the settings as they are now. Costs 1 RRU."""
    item = calls.get(RECORDS, keys.settings_record(), consistent=True)
    return _settings_of(item or {})


def save(wanted: DeskSettings, *, events: Sequence[Put] = ()) -> None:
    """Store settings in the place of those whose ``version`` they have, and ``events`` with them.

    Costs 4 WRU, and 2 for each event. Raises ``StaleSettingsError``.
    """
    reasons: Item = {outcome.value: [*wanted.reasons[outcome]] for outcome in ClosedAs}
    limits: Item = {
        stage: int(limit.total_seconds()) for stage, limit in wanted.limits.items() if limit
    }
    parts: Item = {"hours": _hours_item(wanted.hours), "rules": _rules_item(wanted.rules)}
    parts["sources"] = [*wanted.sources]
    set_parts = {name: part for name, part in parts.items() if part}
    _store({"reasons": reasons, "limits": limits, **set_parts}, wanted.version, events)


def reset(version: int, *, events: Sequence[Put] = ()) -> None:
    """Let the defaults hold again; as :func:`save`. The record stays, and its version goes on."""
    _store({}, version, events)


def _store(fields: Item, version: int, events: Sequence[Put]) -> None:
    written = {**fields, "version": version + 1, "changedAt": timestamp(datetime.now(UTC))}
    removed = {"reasons", "limits", "hours", "rules", "sources"} - written.keys()
    # The public form reads nothing else of what is set.
    listing = listing_update(_sources_of(fields))
    condition, seen = as_seen(version)
    update = Update(
        table=RECORDS,
        key=keys.settings_record(),
        change=calls.set_expression(written, removed),
        condition=condition,
        values={**written, **seen},
    )
    try:
        calls.transact([update, listing, *events], uuid4().hex)
    except TransactionRefusedError as refusal:
        if 0 not in refusal.failed:
            raise
        now = _settings_of(refusal.failed[0] or {})
        # What is as it was to be is a second click, or a first, lost answer.
        if now != _settings_of(fields):
            raise StaleSettingsError(now) from refusal
    finally:
        _remembered.forget()
        sources.forget()


def _settings_of(item: Item) -> DeskSettings:
    version = int(cast("int", item.get("version", 0)))
    if "reasons" not in item:
        return DeskSettings(_default_reasons(), DEFAULT_LIMITS, version=version)
    reasons = cast("Mapping[str, list[str]]", item["reasons"])
    limits = cast("Mapping[str, int]", item["limits"])
    return DeskSettings(
        {outcome: tuple(reasons.get(outcome, ())) for outcome in ClosedAs},
        {stage: _limit(limits.get(stage)) for stage in DEFAULT_LIMITS},
        _hours_of(cast("Item | None", item.get("hours"))),
        _rules_of(cast("Item | None", item.get("rules"))),
        _sources_of(item),
        version,
    )


def _hours_item(hours: WorkingHours | None) -> Item | None:
    if hours is None:
        return None
    begins, ends = hours.begins.isoformat("minutes"), hours.ends.isoformat("minutes")
    return {"days": [*sorted(hours.days)], "begins": begins, "ends": ends, "zone": hours.zone}


def _hours_of(item: Item | None) -> WorkingHours | None:
    if item is None:
        return None
    return WorkingHours(
        frozenset(int(day) for day in cast("list[int]", item["days"])),
        time.fromisoformat(str(item["begins"])),
        time.fromisoformat(str(item["ends"])),
        str(item["zone"]),
    )


def _rules_item(rules: Rules) -> Item | None:
    if rules == Rules():
        return None
    most: Item = {"mostOpen": rules.most_open} if rules.most_open else {}
    return {"isOn": rules.is_on, "people": [*rules.people], **most}


def _rules_of(item: Item | None) -> Rules:
    if item is None:
        return Rules()
    people = tuple(cast("list[str]", item["people"]))
    most = cast("int | None", item.get("mostOpen"))
    return Rules(bool(item["isOn"]), people, int(most) if most else None)


def _sources_of(item: Item) -> tuple[str, ...]:
    return tuple(cast("list[str]", item.get("sources", [])))


def _limit(seconds: int | None) -> timedelta | None:
    return timedelta(seconds=int(seconds)) if seconds else None


def _default_reasons() -> dict[str, tuple[str, ...]]:
    # Leads keep a reason as a text, whoever reads it: in the language of the installation.
    with override(settings.LANGUAGE_CODE):
        lost = (_("No budget"), _("No answer"), _("Went elsewhere"), _("Not a fit"))
    return {outcome: lost if outcome is ClosedAs.LOST else () for outcome in ClosedAs}
