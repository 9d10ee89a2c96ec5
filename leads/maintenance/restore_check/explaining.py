"""Which differences come from what was written after the moment that was restored.

A restore is of one second, and people go on working. What the timelines of the live table
tell to have happened since then explains a difference; without such an entry it is a loss.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import lru_cache

from crm.accounts import keys as account_keys
from crm.dynamodb.calls import Item, Key, batch_get, get, query_all
from crm.dynamodb.items import WireItem, plain_item
from crm.tables import RECORDS
from leads import keys
from leads.imports.run.models import Run
from leads.maintenance.record_kinds import Kind, lead_id_of
from leads.maintenance.restore_check.comparing import Difference
from leads.maintenance.restore_check.reading import BATCH_GET, Reader
from leads.models import EventType, Lead, moment
from leads.repository.acts import changes_of
from leads.repository.conversation import ON_CARD, is_expired, newest_entries
from leads.repository.erasure import blanked

# From the time in an event to its place in the table, retries and clocks included.
TOLERANCE = timedelta(seconds=10)
# The tokens of a lead come one by one, from all over the table.
REMEMBERED = 10_000
# Of a conversation: who wrote to a lead since then wrote one of its last entries, or edited one.
ENTRIES_LOOKED_AT = 100


class Explainer:
    """Tells what was written since ``at``; reads the live tables only.

    ``since`` is a little before it. What an import writes has the time of its begin, or of
    its undo's: of those under way then, these very times count, and nothing else of that age.
    """

    def __init__(self, reader: Reader, at: datetime) -> None:
        self._reader = reader
        self.since = at - TOLERANCE
        self._begun = _running(at)
        self._newest = lru_cache(REMEMBERED)(lambda lead_id: reader.timeline(RECORDS, lead_id))
        self._rules: dict[Kind, Callable[[Difference], bool]] = {
            Kind.LEADS: self._is_later_lead,
            Kind.EVENTS: self._is_later_event,
            Kind.TALK: self._is_later_entry,
            Kind.TOKENS: self._is_of_changed_lead,
            Kind.AGENDA: self._is_of_changed_lead,
            # They are compared with the restored leads, which tells more.
            Kind.TOTALS: lambda _: True,
            Kind.ACCOUNTS: self._is_later_account,
            Kind.ADDRESSES: self._is_later_address,
            Kind.IMPORTS: self._is_later_import,
            Kind.SECURITY: self._is_later_or_expired,
            Kind.SETTINGS: self._is_later_setting,
            Kind.FORMS: self._is_later_setting,
            Kind.ACTS: self._is_later_act,
            # They come and go: each is due again until it is done.
            Kind.JOBS: lambda _: True,
            Kind.GIVEN_IDS: self._is_added,
            # Where a command is, how columns were mapped last: the next one writes it anew.
            Kind.NOTES: lambda _: True,
        }

    def is_later(self, difference: Difference) -> bool:
        """Tell whether a difference was made since."""
        rule = self._rules.get(difference.kind)
        return bool(rule and rule(difference))

    def _is_later_lead(self, difference: Difference) -> bool:
        lead_id = difference.key["leadId"]
        if difference.live is None:
            newest = self._newest(lead_id)
            return bool(newest and newest["type"] == EventType.DELETED and self._is_new(newest))
        lead = Lead.from_item(plain_item(difference.live))
        if difference.restored is None:
            return self._has_arrived(lead) or self._came_back(lead)
        return (
            self._is_after(lead.updated_at)
            or self._is_new(self._newest(lead_id))
            or self._is_later_note(difference.live, difference.restored)
        )

    def _is_later_note(self, live: WireItem, restored: WireItem) -> bool:
        """Tell whether the lead is the same but for its last note, and somebody wrote since."""
        before, after = (
            {name: value for name, value in item.items() if name not in ON_CARD}
            for item in (restored, live)
        )
        if before != after:
            return False
        with self._reader.pace.hold():
            page = newest_entries(
                str(plain_item(live)["leadId"]), ENTRIES_LOOKED_AT, consistent=True
            )
        return any(self._is_after(str(entry["updatedAt"])) for entry in page.items)

    def _is_later_entry(self, difference: Difference) -> bool:
        """Entries are written, edited and sent; they end with their lead, or are erased."""
        lead_id = lead_id_of(Kind.TALK, difference.key)
        if difference.live is None:
            return _has_expired(difference.restored) or self._is_gone(lead_id)
        live = plain_item(difference.live)
        written, sent = str(live.get("updatedAt")), str(live.get("outAt"))
        return (
            self._is_after(written) or self._is_after(sent) or self._is_new(self._newest(lead_id))
        )

    def _has_arrived(self, lead: Lead) -> bool:
        first = self._reader.timeline(RECORDS, lead.lead_id, oldest=True) if lead.version else None
        # Other programs' leads were there before their first event.
        is_ours = first is not None and first["type"] in {EventType.CREATED, EventType.RELEASED}
        return self._is_new(first) if is_ours else self._is_after(lead.created_at)

    def _came_back(self, lead: Lead) -> bool:
        """Tell whether an undo of its deletion brought the lead back, as the last that it saw."""
        newest = self._newest(lead.lead_id)
        return bool(newest and newest["type"] == EventType.RESTORED and self._is_new(newest))

    def _is_later_event(self, difference: Difference) -> bool:
        """Events are added, never removed, and changed by an erasure alone."""
        if difference.live is None:
            return False
        live = plain_item(difference.live)
        if difference.restored is None:
            return self._is_new(live)
        before = plain_item(difference.restored)
        return live == before | {"changes": blanked(before.get("changes"))}

    def _is_later_or_expired(self, difference: Difference) -> bool:
        """Of the security log nothing changes: it is added, and DynamoDB removes what is old."""
        if difference.live is None:
            return _has_expired(difference.restored)
        return self._is_later_event(difference)

    def _is_later_act(self, difference: Difference) -> bool:
        """Acts are added, marked as undone, and expire; leads that are erased fall out of them."""
        live = plain_item(difference.live) if difference.live else {}
        if difference.restored is None:
            return self._is_new(live)
        undone = live.get("undone")
        if isinstance(undone, dict) and self._is_after(str(undone.get("at"))):
            return True
        left = _leads_of(live) if live else set()
        erased = _leads_of(plain_item(difference.restored)) - left
        is_erased = bool(erased) and all(map(self._is_gone, erased))
        return is_erased or (not live and _has_expired(difference.restored))

    def _is_gone(self, lead_id: str) -> bool:
        newest = self._newest(lead_id)
        return newest is not None and newest["type"] == EventType.DELETED

    def _is_of_changed_lead(self, difference: Difference) -> bool:
        return self._is_new(self._newest(lead_id_of(difference.kind, difference.key)))

    def _is_added(self, difference: Difference) -> bool:
        """Tell whether it was added since, where nobody changes or removes anything."""
        if difference.live is None or difference.restored is not None:
            return False
        return self._is_new(plain_item(difference.live))

    def _is_later_account(self, difference: Difference) -> bool:
        """Accounts tell when they were made, not when they were changed."""
        if difference.live is None or difference.restored is not None:
            return False
        return self._is_after(str(plain_item(difference.live).get("createdAt")))

    def _is_later_address(self, difference: Difference) -> bool:
        if difference.live is None or difference.restored is not None:
            return False
        account = self._read(account_keys.user(str(plain_item(difference.live)["userId"])))
        return bool(account and self._is_after(str(account.get("createdAt"))))

    def _is_later_setting(self, difference: Difference) -> bool:
        """Admins replace the record, and nobody removes it."""
        if difference.live is None:
            return False
        return self._is_after(str(plain_item(difference.live).get("changedAt")))

    def _is_later_import(self, difference: Difference) -> bool:
        partition, _, rest = difference.key["PK"].partition("#")
        if partition == keys.IMPORTS:
            rest = difference.key["SK"].partition("#")[2]
        run = self._read(keys.import_run(rest))
        if run is None:
            # Forgotten, and nothing tells when.
            return self._read(keys.import_forgotten(rest)) is not None
        known = Run.model_validate(run)
        times = (known.staged_at, known.started_at, known.ended_at)
        return known.state.is_working or any(map(self._is_after, times))

    def _read(self, key: Key) -> Item | None:
        with self._reader.pace.hold():
            return get(RECORDS, key, consistent=True)

    def _is_new(self, event: Item | None) -> bool:
        return event is not None and self._is_after(str(event.get("at")))

    def _is_after(self, text: str) -> bool:
        read = moment(text)
        return read is not None and (read >= self.since or read in self._begun)


def _leads_of(act: Item) -> set[str]:
    return {change.lead_id for change in changes_of(act)}


def _has_expired(item: WireItem | None) -> bool:
    return item is not None and is_expired(plain_item(item))


def _running(at: datetime) -> set[datetime]:
    """Return when the imports began that were under way at a time, and their undoing."""
    listed = query_all(RECORDS, "#PK = :pk", {"pk": keys.IMPORTS}, consistent=True)
    begun: set[datetime] = set()
    for start in range(0, len(listed), BATCH_GET):
        part = listed[start : start + BATCH_GET]
        wanted = [keys.import_run(str(line["importId"])) for line in part]
        for run in map(Run.model_validate, batch_get(RECORDS, wanted, consistent=True)):
            ended = moment(run.ended_at)
            times = (moment(run.started_at), moment(run.undo_at))
            begun |= {time for time in times if time and time <= at and not (ended and ended <= at)}
    return begun
