"""Boards: the newest leads of each stage, everybody's or an owner's. Costs are for 1 KB.

An owner's leads, or nobody's, stand in partitions of ``board-index``. Leads of releases before
12 do not, until ``recount`` has filed them: then an owner's board is read as it was before.
"""

from collections.abc import Mapping
from functools import partial
from typing import NamedTuple

from crm.dynamodb.calls import Key, query, submit
from crm.dynamodb.errors import NotFoundError
from crm.remember import Remembered
from crm.tables import BOARD_INDEX, LEADS, OWNER_INDEX
from leads import keys
from leads.models import STAGES, ClosedAs, Lead, Standing, Status
from leads.repository.counters import Counts, Totals, counts
from leads.repository.cursors import column_cursor, column_start
from leads.repository.reads import (
    PAGE_SIZE,
    LeadPage,
    StorePage,
    created_between,
    read_on,
    status_page,
)

_filed: Remembered[bool] = Remembered(3600)
"""That leads are filed: they stay so, and the next board need not ask first."""


class Board(NamedTuple):
    """One page of each column, all totals, and those of the columns.

    The latter are ``None`` for an owner's board while leads are not filed.
    """

    columns: dict[Status, LeadPage]
    counts: Counts
    totals: Totals | None


def board(
    limits: Mapping[Status, int], known: Counts | None = None, owner_id: str | None = None
) -> Board:
    """Read the newest leads of every column and the totals, all at once: 6.5 RRU.

    With ``owner_id`` those of an owner, 7.5 RRU, or with an empty one those of nobody.
    ``known`` totals, that were read before the columns, are not read again.
    """
    if owner_id is not None and known is None and not _filed.get():
        known = counts()
    filed = owner_id is None or known is None or are_leads_filed(known)
    columns = {
        stage: submit(partial(by_status, stage, limits[stage], owner_id=owner_id, is_filed=filed))
        for stage in STAGES
    }
    totals = known or counts()
    pages = {stage: page.result() for stage, page in columns.items()}
    return Board(pages, totals, totals.shown(owner_id) if filed else None)


def by_status(
    status: Status,
    limit: int = PAGE_SIZE,
    *,
    cursor: str = "",
    owner_id: str | None = None,
    is_filed: bool = True,
) -> LeadPage:
    """Read leads of one status, with what a card shows: one Query, 1.5 RRU.

    With ``owner_id`` those of an owner, or with an empty one those of nobody, and with New
    those that other programs wrote among the newest. While leads are not filed, an owner's
    may take ``READS`` Queries. ``cursor`` is that of the page before. Raises
    ``InvalidCursorError``.
    """
    position = column_start(cursor, status, owner_id)
    if owner_id is None:
        page = status_page(status, limit=limit, start=_start(position, status=status.value))
    else:
        page = owners_page(owner_id, status, limit=limit, start=position, is_filed=is_filed)
        if owner_id == "" and is_filed and status is Status.NEW and not cursor:
            page = _with_others(page, limit)
    return LeadPage(page.leads, column_cursor(page.last_key, status, owner_id))


def are_leads_filed(totals: Counts | None = None) -> bool:
    """Tell whether leads are filed by their owners; asks for the totals if nobody knows yet."""
    if _filed.get():
        return True
    filed = (totals or counts()).is_filed
    if filed:
        _filed.set(True)
    return filed


def owners_page(  # noqa: PLR0913 -- the parts of a Query
    owner_id: str,
    standing: Standing,
    *,
    limit: int,
    start: Key | None,
    since: str | None = None,
    until: str | None = None,
    is_filed: bool = True,
) -> StorePage:
    """Read an owner's leads of one standing, or with an empty id those of nobody.

    ``start`` is the time and the id of a lead, without a partition.
    """
    status = Status.CLOSED if isinstance(standing, ClosedAs) else standing
    if not is_filed:
        return _Unfiled(owner_id, status, since, until).page(limit, start)
    key = keys.board(owner_id, standing)
    page = query(
        LEADS,
        *created_between("#boardKey = :key", {"key": key}, since, until),
        index=BOARD_INDEX,
        newest_first=True,
        limit=limit,
        start=_start(start, boardKey=key),
    )
    known = {"status": status.value, "ownerId": owner_id}
    return StorePage([Lead.from_item({**item, **known}) for item in page.items], page.last_key)


class _Unfiled(NamedTuple):
    """Leads of an owner, or of nobody, that are read as releases before 12 did."""

    owner_id: str
    status: Status
    since: str | None
    until: str | None

    def page(self, limit: int, start: Key | None) -> StorePage:
        """Read on until a page is full: whoever else's leads are left out after reading them."""
        return read_on(partial(self._page, limit), limit, start)

    def _page(self, limit: int, start: Key | None) -> StorePage:
        if not self.owner_id:
            return self._filtered("attribute_not_exists(#ownerId)", {}, limit, start)
        try:
            return self._indexed(limit, start)
        except NotFoundError:
            # Tables of this release have no owner-index, and one of before may write to them.
            return self._filtered("#ownerId = :owner", {"owner": self.owner_id}, limit, start)

    def _indexed(self, limit: int, start: Key | None) -> StorePage:
        keyed = {"owner": self.owner_id}
        condition, values = created_between("#ownerId = :owner", keyed, self.since, self.until)
        found = query(
            LEADS,
            condition,
            values | {"status": self.status.value},
            index=OWNER_INDEX,
            newest_first=True,
            limit=limit,
            start=_start(start, ownerId=self.owner_id),
            where="#status = :status",
        )
        return StorePage([Lead.from_item(item) for item in found.items], found.last_key)

    def _filtered(
        self, where: str, values: dict[str, str], limit: int, start: Key | None
    ) -> StorePage:
        return status_page(
            self.status,
            limit=limit,
            start=_start(start, status=self.status.value),
            since=self.since,
            until=self.until,
            where=where,
            values=values,
        )


def _with_others(page: StorePage, limit: int) -> StorePage:
    """Add leads that other programs wrote, and nobody adopted, among the newest new ones."""
    others = others_page(limit=limit)
    leads = sorted([*page.leads, *others.leads], key=lambda lead: lead.created_at, reverse=True)
    return StorePage(leads, page.last_key)


def others_page(
    *, limit: int, start: Key | None = None, since: str | None = None, until: str | None = None
) -> StorePage:
    """Read those of the newest new leads that another program wrote, and nobody adopted.

    There are taken to be no more behind as many new leads as stand on a page, all adopted.
    """
    limit, begin = max(limit, PAGE_SIZE), _start(start, status=Status.NEW.value)
    page = status_page(Status.NEW, limit=limit, start=begin, since=since, until=until)
    others = [lead for lead in page.leads if not (lead.version or lead.owner_id)]
    return StorePage(others, page.last_key if others else None)


def _start(position: Key | None, **partition: str) -> Key | None:
    """Return where a Query goes on: a time and an id, in a partition of its index."""
    if position is None:
        return None
    return {"leadId": position["leadId"], "createdAt": position["createdAt"], **partition}
