"""Every key of the leads app, as a named function: no key literal stands anywhere else."""

from hashlib import sha256
from uuid import UUID, uuid5
from zlib import crc32

from crm.dynamodb.items import Key

SHARDS = 16
_LEADS_OF_SUBMISSIONS = UUID("6f1c3c8e-56f7-4c55-9c0a-8d0b8d2f7a51")


def lead(lead_id: str) -> Key:
    """Key of a lead in ``ContactFormLeads``."""
    return {"leadId": lead_id}


def lead_id_of(submission: str) -> str:
    """Return the id of the lead that a submission makes: the same one each time."""
    return str(uuid5(_LEADS_OF_SUBMISSIONS, submission))


def timeline(lead_id: str) -> str:
    """Partition key of a lead's timeline in ``CrmRecords``."""
    return f"LEAD#{lead_id}"


EVENT_PREFIX = "EVENT#"


def event(lead_id: str, at: str, write_id: str) -> Key:
    """Key of one entry of a lead's timeline: sorted by time."""
    return {"PK": timeline(lead_id), "SK": f"{EVENT_PREFIX}{at}#{write_id}"}


def acts_of(day: str) -> str:
    """Partition key of what people did on a day in UTC, ``2026-11-21``, in ``CrmRecords``."""
    return f"ACTS#{day}"


def act(at: str, write_id: str, portion: int | None = None) -> Key:
    """Key of an act, or of one ``portion`` of an act on many leads: sorted by time."""
    of_many = "" if portion is None else f"#{portion:02}"
    return {"PK": acts_of(at[:10]), "SK": f"{at}#{write_id}{of_many}"}


LARGE_ACTS = "ACTS#LARGE"


def large_act(write_id: str) -> Key:
    """Key of where an act that is done in steps stands, by its write id alone."""
    return {"PK": LARGE_ACTS, "SK": write_id}


def steps_of(write_id: str) -> str:
    """Partition key of what the steps of an act did and left, in ``CrmRecords``."""
    return f"ACTS#{write_id}"


def portion(write_id: str, number: int) -> Key:
    """Key of what a step of an act did: sorted by its number, from 1 on."""
    return {"PK": steps_of(write_id), "SK": f"DONE#{number:08}"}


def left_alone(write_id: str, number: int) -> Key:
    """Key of what a step of an act left as it is: sorted by the number of the step."""
    return {"PK": steps_of(write_id), "SK": f"LEFT#{number:08}"}


def conversation(lead_id: str) -> str:
    """Partition key of what people wrote about a lead, in ``CrmRecords``."""
    return f"TALK#{lead_id}"


def lead_id_of_conversation(partition: str) -> str:
    """Return the id of the lead that a conversation is about."""
    return partition.removeprefix(conversation(""))


def entry(lead_id: str, at: str, entry_id: str) -> Key:
    """Key of one entry of a lead's conversation: sorted by time."""
    return {"PK": conversation(lead_id), "SK": f"{at}#{entry_id}"}


AGENDA = "DUE#"
EVERYBODYS = "ALL"
"""Partition key of everybody's agenda in ``team-agenda-index``."""


def agenda_entry(lead_id: str) -> Key:
    """Key of what is due about a lead, in ``CrmRecords``."""
    return {"PK": f"{AGENDA}{lead_id}", "SK": "FOLLOW-UP"}


def lead_id_of_agenda(partition: str) -> str:
    """Return the id of the lead that an entry of the agenda is of."""
    return partition.removeprefix(AGENDA)


def agenda(person_id: str) -> str:
    """Partition key of a person's agenda in ``agenda-index``."""
    return f"PERSON#{_short_owner(person_id)}"


COUNTERS = "COUNTERS#LEADS"


_OWNERS_COUNTER = "OWNER#"
# Longer ids of owners, which only other programs write, do not fit into every key.
_MAX_OWNER_BYTES = 100


def shard(lead_id: str) -> int:
    """Return the number from 0 to 15 of the counter shard and board shard of a lead."""
    return crc32(lead_id.encode()) % SHARDS


def counter_name(lead_id: str, owner_id: str | None) -> str:
    """Name the counter of a lead: its owner's, or one of sixteen for leads without an owner."""
    return owners_counter(owner_id) if owner_id else f"SHARD#{shard(lead_id):02}"


def owners_counter(owner_id: str) -> str:
    """Name the counter of an owner's leads."""
    return f"{_OWNERS_COUNTER}{_short_owner(owner_id)}"


def owner_of_counter(name: str) -> str:
    """Return whose leads a counter counts; empty for nobody's."""
    return name.removeprefix(_OWNERS_COUNTER) if is_owners_counter(name) else ""


def is_owners_counter(name: str) -> bool:
    """Tell whether a counter is that of an owner."""
    return name.startswith(_OWNERS_COUNTER)


def counter(name: str) -> Key:
    """Key of a counter in ``CrmRecords``."""
    return {"PK": COUNTERS, "SK": name}


def board(owner_id: str | None, standing: str) -> str:
    """Partition key of an owner's leads, or nobody's, of one standing in ``board-index``."""
    return f"{_short_owner(owner_id) if owner_id else '-'}#{standing}"


def _short_owner(owner_id: str) -> str:
    if len(owner_id.encode()) <= _MAX_OWNER_BYTES:
        return owner_id
    return f"~{sha256(owner_id.encode()).hexdigest()[:32]}"


def idempotency(submission: str) -> Key:
    """Key of the record of an accepted submission in ``CrmEphemeral``."""
    return {"PK": f"IDEMPOTENCY#{sha256(submission.encode()).hexdigest()}"}


SEEDS = "SEED"


def seed_run(seed: int) -> Key:
    """Key of the record of how far ``seed_leads`` has come with a seed, in ``CrmRecords``."""
    return {"PK": SEEDS, "SK": f"RUN#{seed}"}


def search_bucket(prefix: str) -> str:
    """Partition key of the leads that have a word with this prefix, in ``CrmRecords``."""
    return f"SEARCH#{prefix}"


def address(email: str) -> str:
    """Partition key of the leads that have this address, in its normal form, in ``CrmRecords``."""
    return f"ADDRESS#{email}"


def phone(form: str) -> str:
    """Partition key of the leads that have a number with these last digits, in ``CrmRecords``."""
    return f"PHONE#{form}"


ORIGIN = "ORIGIN#"


def origin(form_and_source: str) -> str:
    """Partition key of the leads of a form and a source, ``form#source_key``, by time."""
    return f"{ORIGIN}{form_and_source}"


def search_position(created_at: str, lead_id: str) -> str:
    """Sort key of a lead in its search buckets, under its address and its numbers: by time."""
    # Other programs may write any text as a time: the first "#" ends it here.
    return f"{created_at.replace('#', '$')}#{lead_id}"


def at_position(position: str) -> tuple[str, str]:
    """Return the time and the id of the lead at a position."""
    created_at, _, lead_id = position.partition("#")
    return created_at, lead_id


IMPORTS = "IMPORTS"


def import_listed(staged_at: str, import_id: str) -> Key:
    """Key of an import's line in the list of all, by time, in ``CrmRecords``."""
    return {"PK": IMPORTS, "SK": f"{staged_at}#{import_id}"}


def import_run(import_id: str) -> Key:
    """Key of the record of how far an import is, in ``CrmRecords``."""
    return {"PK": f"IMPORT#{import_id}", "SK": "RUN"}


def import_rows(import_id: str, chunk: int, reading: str = "") -> Key:
    """Key of one chunk of an import's rows, as its file was read first or in a later reading."""
    of_reading = f"{reading}#" if reading else ""
    return {"PK": f"IMPORT#{import_id}", "SK": f"ROWS#{of_reading}{chunk:08}"}


def import_file(import_id: str, part: int) -> Key:
    """Key of one part of the file itself, as it was uploaded."""
    return {"PK": f"IMPORT#{import_id}", "SK": f"FILE#{part:08}"}


def import_plan(import_id: str, attempt: int, chunk: int) -> Key:
    """Key of what becomes of the rows of a chunk."""
    return {"PK": f"IMPORT#{import_id}", "SK": f"PLAN#{attempt:04}#{chunk:08}"}


def import_before(import_id: str, attempt: int, row: int) -> Key:
    """Key of what a lead was before a row updated it."""
    return {"PK": f"IMPORT#{import_id}", "SK": f"BEFORE#{attempt:04}#{row:010}"}


def import_forgotten(import_id: str) -> Key:
    """Key of what stays of an import that was forgotten."""
    return {"PK": f"IMPORT#{import_id}", "SK": "FORGOTTEN"}


def import_columns(signature: str) -> Key:
    """Key of how the columns of such files were mapped last, in ``CrmRecords``."""
    return {"PK": f"COLUMNS#{signature}", "SK": "MAPPING"}


def import_seen(scope: str, email: str) -> Key:
    """Key of an e-mail that an earlier row of a file has, in ``CrmEphemeral``."""
    return {"PK": f"SEEN#{sha256(f'{scope} {email}'.encode()).hexdigest()}"}


def held(lead_id: str) -> Key:
    """Key of a held message in ``CrmHeld``, by the id that its lead will have."""
    return {"PK": f"HELD#{lead_id}"}


def held_id(key: str) -> str:
    """Return the id in the partition key of a held message."""
    return key.removeprefix("HELD#")


def intake_count(hour: str, network: str) -> Key:
    """Key of how many messages of a network were accepted in an hour, in ``CrmHeld``."""
    return {"PK": f"COUNT#{hour}#{network}"}


def intake_totals(hour: str) -> Key:
    """Key of how many messages of all networks came in within an hour, in ``CrmHeld``."""
    return {"PK": f"TOTALS#{hour}"}


def refused_sites(slug: str, day: str) -> Key:
    """Key of the sites that were refused a form on a day in UTC, in ``CrmHeld``."""
    return {"PK": f"TOTALS#REFUSED#{day}#{slug}"}


FORMS = "FORMS"
"""The one partition of ``CrmRecords`` that the public form reads."""


def field_registry() -> Key:
    """Key of the rows of custom fields, in ``CrmRecords``."""
    return {"PK": FORMS, "SK": "FIELDS"}


SETTINGS = "SETTINGS"


def settings_record() -> Key:
    """Key of the record of what admins set for the desk, in ``CrmRecords``."""
    return {"PK": SETTINGS, "SK": "DESK"}


def brand() -> Key:
    """Key of the brand of the installation, which its forms have, in ``CrmRecords``."""
    return {"PK": SETTINGS, "SK": "BRAND"}


def turn() -> Key:
    """Key of whose turn it was last to get a lead that came in, in ``CrmRecords``."""
    return {"PK": SETTINGS, "SK": "TURN"}


def form_index() -> Key:
    """Key of which forms there are, and which versions of them are taken."""
    return {"PK": FORMS, "SK": "INDEX"}


def older_form_versions() -> Key:
    """Key of the versions of forms that are taken and for which the index has no room."""
    return {"PK": FORMS, "SK": "OLDER"}


def form_looks() -> Key:
    """Key of what forms are called, and of the logos and accents that they have or had."""
    return {"PK": FORMS, "SK": "LOOKS"}


def form_definition(slug: str, version: str) -> Key:
    """Key of a version of a form, which is never changed."""
    return {"PK": FORMS, "SK": f"FORM#{slug}#{version}"}


def form_logo(logo: str) -> Key:
    """Key of a logo by its hash."""
    return {"PK": FORMS, "SK": f"LOGO#{logo}"}


def form_consent(version: str) -> Key:
    """Key of the words of a consent, which are never deleted."""
    return {"PK": FORMS, "SK": f"CONSENT#{version}"}


def listed_sources() -> Key:
    """Key of the sources that leads are counted by, in ``CrmRecords``: the public form reads it."""
    return {"PK": FORMS, "SK": "SOURCES"}


ADOPTION = "ADOPTION"


def adoption(segment: int) -> Key:
    """Key of how far ``adopt_leads`` has come in a segment of the table, in ``CrmRecords``."""
    return {"PK": ADOPTION, "SK": f"SEGMENT#{segment:02}"}


def reply_template(owner: str, template_id: str) -> Key:
    """Key of a template of answers: somebody's, or the desk's, beside what admins set for it."""
    return {"PK": SETTINGS, "SK": f"{reply_templates(owner)}{template_id}"}


def reply_templates(owner: str) -> str:
    """Return what the sort keys of somebody's templates, or the desk's, begin with."""
    return f"TEMPLATE#{owner or 'DESK'}#"
