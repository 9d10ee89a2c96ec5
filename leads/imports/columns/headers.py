"""What other programs call the fields of a lead, and its stages.

Names as in the exports of HubSpot, Salesforce, Pipedrive, Zoho, Freshsales, Mailchimp,
Google Contacts and Outlook, of Leadbook itself, and in a few languages.
"""

import re
import unicodedata
from enum import StrEnum

from leads.models import Status


class Target(StrEnum):
    """Where a column of a file can go."""

    NAME = "name"
    FIRST_NAME = "first_name"
    LAST_NAME = "last_name"
    EMAIL = "email"
    COMPANY = "company"
    PHONE = "phone"
    SUBJECT = "subject"
    MESSAGE = "message"
    STATUS = "status"
    CREATED_AT = "created_at"
    OWNER = "owner"
    NOTES = "notes"

    @property
    def label(self) -> str:
        """The name that people see."""
        return _LABELS.get(self, self.value.replace("_", " ").capitalize())


_LABELS = {
    Target.EMAIL: "E-mail",
    Target.STATUS: "Stage",
    Target.CREATED_AT: "Received",
    Target.NAME: "Full name",
}


def plain(name: str) -> str:
    """Give the letters and digits of a name alone, in lower case and without accents."""
    folded = unicodedata.normalize("NFKD", name.casefold())
    return re.sub(r"[^\w]|_", "", "".join(c for c in folded if not unicodedata.combining(c)))


# For each field the best name first. Pipedrive puts "Person - " and the like before them.
_NAMES = {
    Target.EMAIL: """email | e-mail address | email address | e-mail 1 - value | email - work
        | primary email | work email | contact email | email 1 | email 1 address | e-mail
        | e-mail adresse | mail | email - home | email - other | emails | email id
        | adresse e-mail | correo electronico | correo | courriel""",
    Target.NAME: """name | full name | lead name | contact name | contact person | contact
        | display name | your name | vollstandiger name | ansprechpartner
        | nom complet | nombre completo""",
    Target.FIRST_NAME: """first name | given name | firstname | forename | vorname | prenom
        | nombre""",
    Target.LAST_NAME: """last name | family name | surname | lastname | nachname | nom
        | apellido | apellidos""",
    Target.COMPANY: """company | company name | account name | organization | organisation
        | organization name | organization 1 - name | accounts | company / account
        | associated company
        | account | firma | unternehmen | societe | entreprise | empresa""",
    Target.PHONE: """phone | phone number | business phone | phone - work | phone 1 - value
        | work phone | work | mobile phone | mobile phone number | mobile | phone - mobile
        | primary phone | telephone | telefon | telefonnummer | telefono | tel | home phone
        | phone - home | phone - other | handy | mobil""",
    Target.SUBJECT: """subject | title of request | topic | deal name | lead title | deal title
        | betreff | sujet | asunto | objet""",
    Target.MESSAGE: """message | comments | comment | description | enquiry | inquiry
        | your message | nachricht | mensaje""",
    Target.STATUS: """status | lead status | stage | pipeline stage | lifecycle stage
        | lead stage | deal stage | contact status | phase | statut | estado""",
    Target.CREATED_AT: """created at | create date | created date | created time | created
        | created on | creation date | date created | lead created | person created
        | date added | optin time | submitted at | received | received at | added time | add time
        | timestamp | date | erstellt am | erstellt | angelegt am | erstelldatum | anlagedatum
        | eingegangen am | eingang | datum | date de creation | fecha de creacion""",
    Target.OWNER: """owner | owner id | contact owner | lead owner | sales owner | record owner
        | owner name | owner email | hubspot owner | assigned to | besitzer | zustandig""",
    Target.NOTES: """notes | note | notiz | notizen | bemerkung | bemerkungen | remarks | notas
        | memo""",
}
SYNONYMS: dict[Target, list[str]] = {
    target: [plain(name) for name in names.split("|")] for target, names in _NAMES.items()
}
PREFIXES = tuple(map(plain, ("Person", "Lead", "Contact", "Deal")))

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
STAGES = {plain(name): status for status, names in _STAGES.items() for name in names.split("|")}


def read_stage(text: str) -> Status | None:
    """Read a stage by any of its names; ``None`` for what is none of ours."""
    return STAGES.get(plain(text))
