"""Search tokens added up by lead, so that millions are compared without reading them again."""

from collections.abc import Iterable, Sequence
from hashlib import blake2b
from threading import Lock

from crm.dynamodb.calls import Item, Key
from crm.tables import RECORDS
from leads import keys
from leads.models import Lead
from leads.repository.tokens import token_items

TOKEN_FIELDS = ("PK", "SK", "words")
# What a scan of the records finds them by.
TOKEN_PREFIXES = {
    "words": keys.search_bucket(""),
    "addresses": keys.address(""),
    "numbers": keys.phone(""),
    "origins": keys.ORIGIN,
}
IS_TOKEN = " OR ".join(f"begins_with(#PK, :{name})" for name in TOKEN_PREFIXES)


class Sums:
    """By lead, what its tokens must add up to, less what was found."""

    def __init__(self) -> None:
        self._left: dict[int, int] = {}
        self._lock = Lock()
        self.bare: set[int] = set()

    def expect(self, items: Iterable[Item]) -> None:
        """Add what the tokens of leads come to."""
        leads = [lead for lead in map(Lead.from_item, items) if lead.version]
        sums = [(hash_of(lead.lead_id), sum_of(token_items(lead))) for lead in leads]
        with self._lock:
            for number, total in sums:
                self._left[number] = self._left.get(number, 0) + total

    def meet(self, tokens: Sequence[Item]) -> list[Key]:
        """Take off tokens that are there, and return those of leads that nobody knows."""
        found = [(hash_of(lead_of(token)), sum_of([token]), token) for token in tokens]
        unknown: list[Key] = []
        with self._lock:
            for number, value, token in found:
                if number in self._left:
                    self._left[number] -= value
                else:
                    unknown.append(RECORDS.key_of(token))
        return unknown

    def doubtful_leads(self) -> set[int]:
        """Return the leads whose tokens do not add up."""
        return {number for number, left in self._left.items() if left}

    def is_doubtful(self, lead: Lead) -> bool:
        """Tell whether this is one; such a lead without any token is noted as ``bare``."""
        number = hash_of(lead.lead_id)
        left = self._left.get(number, 0)
        if left and left == sum_of(token_items(lead)):
            with self._lock:
                self.bare.add(number)
        return bool(left)


def lead_of(token: Key | Item) -> str:
    """Return the id of the lead that a token is of."""
    return keys.at_position(str(token["SK"]))[1]


def hash_of(text: str) -> int:
    """Return 64 bits that stand for a text: two of a hundred million are hardly ever the same."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest())


def sum_of(tokens: Iterable[Item]) -> int:
    """Return what search tokens come to."""
    return sum(
        hash_of("\n".join(str(token.get(name)) for name in TOKEN_FIELDS)) for token in tokens
    )
