"""What other programs call columns and stages.

Names as in the exports of HubSpot, Salesforce, Pipedrive, Zoho, Freshsales, Mailchimp,
Google Contacts and Outlook, of Leadbook itself, and in a few languages.
"""

import re
import unicodedata

from leads.models import Status

# Letters that Unicode does not take apart, and an apostrophe that counts as one.
_LETTERS = str.maketrans({"\u0131": "i", "ł": "l", "ø": "o", "æ": "ae", "đ": "d", "\u02bc": ""})


def letters_and_digits(name: str) -> str:
    """Return the letters and digits of a name alone, in lower case and without accents."""
    folded = unicodedata.normalize("NFKD", name.casefold()).translate(_LETTERS)
    return re.sub(r"[^\w]|_", "", "".join(c for c in folded if not unicodedata.combining(c)))


# Pipedrive puts "Person - " and the like before names.
PREFIXES = tuple(map(letters_and_digits, ("Person", "Lead", "Contact", "Deal")))

_STAGES = {
    Status.NEW: """new | open | open not contacted | not contacted | unread | untouched | lead
        | subscriber | new lead | raw | fresh | neu | offen | nouveau | nuevo""",
    Status.CONTACTED: """contacted | working | working contacted | in progress | connected
        | attempted to contact | attempting | attempting contact | contact in future | nurturing
        | nurture | engaged | interested | under review | marketing qualified lead | mql
        | marketing qualified | pre qualified | kontaktiert | in bearbeitung | contacte
        | contactado""",
    Status.QUALIFIED: """qualified | sales qualified lead | sql | sales qualified
        | sales accepted lead | sal | opportunity | open deal | demo | proposal | negotiation
        | qualifiziert | qualifie | calificado""",
    Status.CONVERTED: """converted | closed converted | won | closed won | customer | client
        | deal won | evangelist | gewonnen | kunde | converti | ganado""",
}
STAGES = {
    letters_and_digits(name): status
    for status, names in _STAGES.items()
    for name in names.split("|")
}


def read_stage(text: str) -> Status | None:
    """Read a stage by any of its names; ``None`` for what is none of ours."""
    return STAGES.get(letters_and_digits(text))
