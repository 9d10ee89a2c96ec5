"""Search tokens: small items that file a lead under its words, address, numbers and origin.

A lead of Leadbook has the tokens that :func:`token_items` returns, at all times; they are
written in the transaction that makes, edits or deletes it. One of another program has none.
"""

from crm.dynamodb.calls import Delete, Item, Put
from crm.tables import RECORDS
from leads import keys
from leads.addresses import normal_form
from leads.attribution import ORIGIN_ATTRIBUTES
from leads.fields import CUSTOM, EMAIL, PHONE, SPELLED_OUT
from leads.models import Lead
from leads.phones import filed_forms
from leads.repository.search_terms import joined_words, lead_words, prefixes, searched_texts

MAX_POSITION_BYTES = 1024


def token_items(lead: Lead) -> list[Item]:
    """Return the tokens of a lead, the same for the same words, address, numbers and origin.

    At most ``MAX_TOKENS`` of words, one of the address or two if it is not spelled in its
    normal form, ``MAX_FILED`` of numbers, and one of the form that it came by with its source.
    A lead whose id is too long for a sort key has none.
    """
    position = keys.search_position(lead.created_at, lead.lead_id)
    if len(position.encode()) > MAX_POSITION_BYTES:
        return []
    return [
        *_word_items(lead, position),
        *_address_items(lead, position),
        *_number_items(lead, position),
        *_origin_items(lead, position),
    ]


def filed_attributes() -> tuple[str, ...]:
    """Return the attributes that the tokens of a lead are made of."""
    own = (field.attribute for field in SPELLED_OUT if field.searched or field is PHONE)
    return (*own, CUSTOM, *ORIGIN_ATTRIBUTES)


def _word_items(lead: Lead, position: str) -> list[Item]:
    words = lead_words(lead)
    if not words:
        return []
    text = joined_words(words)
    filed = dict.fromkeys(prefix for word in ["", *words] for prefix in prefixes(word))
    return [{"PK": keys.search_bucket(prefix), "SK": position, "words": text} for prefix in filed]


def _address_items(lead: Lead, position: str) -> list[Item]:
    address = normal_form(lead.email)
    # What another program calls an address may be a whole letter.
    if not address or len(address) > EMAIL.limit:
        return []
    # Those that are spelled otherwise stand under the empty address, too: see newest_of_each.
    forms = [address] if lead.email == address else [address, ""]
    return [{"PK": keys.address(form), "SK": position} for form in forms]


def _number_items(lead: Lead, position: str) -> list[Item]:
    return [{"PK": keys.phone(form), "SK": position} for form in filed_forms(lead.phone)]


def _origin_items(lead: Lead, position: str) -> list[Item]:
    origin = lead.attribution.origin
    return [{"PK": keys.origin(origin), "SK": position}] if origin else []


def token_writes(before: Lead | None, after: Lead | None) -> list[Put | Delete]:
    """Return what takes the tokens of a lead from ``before`` to ``after`` a change.

    ``None`` stands for a lead that has none. Where nothing that it is filed under differs, no
    token is worked out.
    """
    if before and after and _filed_texts(before) == _filed_texts(after):
        return []
    old = token_items(before) if before else []
    new = token_items(after) if after else []
    puts = [Put(table=RECORDS, item=item) for item in new if item not in old]
    if not old:
        return [*puts]
    new_keys = [RECORDS.key_of(item) for item in new]
    outdated = [key for key in map(RECORDS.key_of, old) if key not in new_keys]
    return [*puts, *(Delete(table=RECORDS, key=key) for key in outdated)]


def _filed_texts(lead: Lead) -> tuple[object, ...]:
    # The address as it is, too: by its words two spellings may be one. Which custom fields are
    # searched is asked only where one of them changes.
    own = (lead.lead_id, lead.created_at, lead.email, lead.phone, lead.attribution.origin)
    return (*own, *searched_texts(lead), lead.custom)
