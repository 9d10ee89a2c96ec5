"""What an item is, by its key."""

from collections.abc import Mapping
from enum import StrEnum

from crm.accounts import keys as account_keys
from crm.jobs.models import key as job_key
from crm.outbox import given_ids
from leads import keys


class Kind(StrEnum):
    """The kinds of items, as they are called in what the command prints."""

    LEADS = "leads"
    EVENTS = "timeline events"
    TALK = "notes, calls and mails"
    TOKENS = "search tokens"
    AGENDA = "agenda"
    TOTALS = "totals"
    ACCOUNTS = "accounts"
    ADDRESSES = "account addresses"
    IMPORTS = "imports"
    ACTS = "acts"
    SECURITY = "security log"
    SETTINGS = "settings"
    FORMS = "forms and fields"
    JOBS = "jobs"
    GIVEN_IDS = "ids of sent mails"
    SEEDS = "seed runs"
    NOTES = "notes of commands"
    OTHERS = "others"


_EXACT = {
    keys.COUNTERS: Kind.TOTALS,
    keys.SEEDS: Kind.SEEDS,
    keys.ADOPTION: Kind.NOTES,
    keys.IMPORTS: Kind.IMPORTS,
    keys.SETTINGS: Kind.SETTINGS,
    keys.FORMS: Kind.FORMS,
    account_keys.USERS: Kind.ACCOUNTS,
}
_BEGINS = {
    keys.timeline(""): Kind.EVENTS,
    keys.conversation(""): Kind.TALK,
    keys.search_bucket(""): Kind.TOKENS,
    keys.address(""): Kind.TOKENS,
    keys.phone(""): Kind.TOKENS,
    keys.ORIGIN: Kind.TOKENS,
    keys.AGENDA: Kind.AGENDA,
    account_keys.email("")["PK"]: Kind.ADDRESSES,
    account_keys.security_month(""): Kind.SECURITY,
    keys.acts_of(""): Kind.ACTS,
    keys.import_run("")["PK"]: Kind.IMPORTS,
    keys.import_columns("")["PK"]: Kind.NOTES,
    job_key("")["PK"]: Kind.JOBS,
    given_ids.PARTITION: Kind.GIVEN_IDS,
}


def kind_of(key: Mapping[str, str]) -> Kind:
    """Return the kind of the item with this key, of either table."""
    if "leadId" in key:
        return Kind.LEADS
    partition = key["PK"]
    begin = partition[: partition.find("#") + 1]
    return _EXACT.get(partition) or _BEGINS.get(begin, Kind.OTHERS)


def lead_id_of(kind: Kind, key: Mapping[str, str]) -> str:
    """Return the id of the lead that an event, an entry or such is of, or that a lead has."""
    if kind is Kind.EVENTS:
        return key["PK"].removeprefix(keys.timeline(""))
    if kind is Kind.TALK:
        return keys.lead_id_of_conversation(key["PK"])
    if kind is Kind.AGENDA:
        return keys.lead_id_of_agenda(key["PK"])
    return keys.at_position(key["SK"])[1] if kind is Kind.TOKENS else key["leadId"]
