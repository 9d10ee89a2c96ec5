"""From the columns of a file to the fields of a lead."""

import re
from collections.abc import Iterable, Sequence
from collections.abc import Mapping as AnyMapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from pydantic import ValidationError

from crm import zones
from crm.texts import shorten
from leads.addresses import Found, first_address
from leads.countries import NAMES
from leads.csv_escaping import unescape_text
from leads.fields import EMAIL, MESSAGE, NAME, PHONE, SPELLED_OUT, Field, Kind
from leads.formatting import number_text
from leads.imports.columns.dates import is_day_first, read_date
from leads.imports.columns.guess import cell_at, guess_columns
from leads.imports.columns.headers import (
    is_day_first_language,
    is_reason,
    letters_and_digits,
    read_standing,
)
from leads.imports.columns.targets import (
    CLOSED_AT,
    CREATED_AT,
    FIRST_NAME,
    LAST_NAME,
    NOTES,
    OUTCOME,
    OWNER,
    PHONE_REGION,
    REASON,
    SEVERAL,
    STATUS,
    TargetName,
    targets,
)
from leads.imports.files.read import Row
from leads.models import (
    MAX_REASON,
    ClosedAs,
    FrozenModel,
    LeadFields,
    Standing,
    Status,
    is_date_only,
    moment,
    timestamp,
)
from leads.numbers import is_doubtful
from leads.phones import international, is_national
from leads.validation import field_errors

# Facebook's lead ads write p:+44…, so that spreadsheets leave the number alone.
_FACEBOOK_PHONE = re.compile(r"\Ap:\s*(?=[+(\d])")
_ODD = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_BREAKS = re.compile(r"[\x0b\x0c]")
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_SHOWN = 60
# What fills a column of those of which there may be several.
_TELLING = {EMAIL.name: re.compile("@"), PHONE.name: re.compile(r"\d")}


class Mapping(FrozenModel):
    """What each column becomes, by its index from 0; columns that are not named are left out.

    Of several columns with the e-mail, or the phone, the first that is filled counts.
    ``day_first`` says what 3/4/2026 means. ``shielded`` says that a ``'`` before what a
    spreadsheet would take for a formula is to be taken off. ``zone`` is that of times which
    say none.
    """

    columns: dict[int, TargetName] = {}
    day_first: bool = False
    shielded: bool = True
    zone: str = "UTC"

    def problems(self, custom: Iterable[Field] = ()) -> dict[int | None, str]:
        """Return what is wrong by column, and under ``None`` what is wrong as a whole.

        ``custom`` fields are called by their labels.
        """
        found: dict[int | None, str] = {}
        mentions = {name: target.mention for name, target in targets(custom).items()}
        first: dict[str, int] = {}
        for index, target in sorted(self.columns.items()):
            if first.setdefault(target, index) != index and target not in SEVERAL:
                text = _("Another column is the %(field)s already.")
                found[index] = text % {"field": mentions.get(target, target)}
        if EMAIL.name not in first:
            found[None] = _("Choose the column that holds the e-mail address.")
        return found


@dataclass(frozen=True)
class Candidate:
    """A lead that a row asks for. ``None`` and empty texts are what the row does not tell.

    ``outcome``, ``reason`` and ``closed_at`` are told of a closed one alone.
    ``spellings`` are those of the address in the row: another program's lead may have one.
    """

    fields: LeadFields
    status: Status | None = None
    outcome: ClosedAs | None = None
    reason: str = ""
    closed_at: str | None = None
    created_at: str | None = None
    owner_id: str | None = None
    notes: str = ""
    spellings: frozenset[str] = frozenset()
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Rejection:
    """Why a row cannot become a lead, for people.

    Texts about rows are stored in the language of whoever imports.
    """

    reason: str


def suggest(
    header: Sequence[str],
    rows: Sequence[Sequence[str]] = (),
    file_format: str = "csv",
    custom: Sequence[Field] = (),
) -> Mapping:
    """Guess what each column is; ``rows`` are cells, which tell how dates are written, too.

    ``custom`` are the custom fields that a column may be for.
    """
    columns = guess_columns(header, rows, custom)
    order = order_of_days(columns, rows, custom)
    return Mapping(
        columns=dict(sorted(columns.items())),
        day_first=is_day_first_language(header) if order is None else order,
        shielded=file_format == "csv",
        zone=zones.present(),
    )


def order_of_days(
    columns: AnyMapping[int, str], rows: Sequence[Sequence[str]], custom: Iterable[Field] = ()
) -> bool | None:
    """Tell whether the day comes first in the dates of a file; ``None`` if nothing tells."""
    days = {row.name for row in custom if row.kind is Kind.DATE}
    dates = [index for index, target in columns.items() if target in {CREATED_AT, *days}]
    # Which column is the date may be chosen later: the others tell how the file writes dates.
    cells = (cell_at(row, index) for row in rows for index in dates or range(len(row)))
    return is_day_first(map(unescape_text, cells))


def signature(header: Sequence[str]) -> str:
    """Name a set of columns: files with the same ones are mapped alike."""
    return sha256("\n".join(map(letters_and_digits, header)).encode()).hexdigest()[:32]


def to_lead(
    row: Row,
    mapping: Mapping,
    owners: AnyMapping[str, str],
    custom: Iterable[Field] = (),
) -> Candidate | Rejection:
    """Make of a row what it says; ``owners`` gives account ids by e-mail, name and id.

    ``custom`` are all custom fields: one that was retired since is filled all the same. Owners
    are looked up in lower case. What is unknown costs a warning, what cannot be right rejects
    the row.
    """
    if row.problem:
        return Rejection(row.problem)
    cells = _cells_of_targets(row, mapping)
    warnings: list[str] = []
    cell = cells.get(EMAIL.name, "")
    if not cell:
        return Rejection(_("It has no e-mail address."))
    found = first_address(cell)
    if found and found.has_others:
        warnings.append(_("Only the first of several e-mail addresses was taken."))
    received = _received(cells.get(CREATED_AT, ""), mapping)
    if isinstance(received, Rejection):
        return received
    if len(cells.get(NOTES, "")) > MESSAGE.limit:
        wrong = ngettext(
            "Notes: at most %(most)s character, please.",
            "Notes: at most %(most)s characters, please.",
            MESSAGE.limit,
        )
        return Rejection(wrong % {"most": number_text(MESSAGE.limit)})
    texts = {field.name: cells.get(field.name, "") for field in SPELLED_OUT}
    texts |= {NAME.name: _name(cells, found), EMAIL.name: found.address if found else cell}
    texts[PHONE.name] = _phone(cells, warnings)
    custom = [one for one in custom if one.name in cells]
    texts |= {one.name: _custom_cell(one, cells[one.name], mapping, warnings) for one in custom}
    try:
        fields = LeadFields.read(texts, custom)
    except ValidationError as error:
        return _invalid_fields(error, custom)
    return Candidate(
        fields=fields,
        **_standing(cells, mapping, warnings),
        created_at=received,
        owner_id=_owner(cells.get(OWNER, ""), owners, warnings),
        notes=cells.get(NOTES, ""),
        spellings=_spellings(row, mapping, cell, found),
        warnings=warnings,
    )


def _received(text: str, mapping: Mapping) -> str | Rejection | None:
    """Return when a lead came in; ``None`` if the row does not tell."""
    if not text:
        return None
    zone = zones.find(mapping.zone) or UTC
    received = read_date(text, day_first=mapping.day_first, zone=zone)
    if received and received <= _latest_created():
        return received
    if received:
        wrong = _("Received: %(text)s is in the future.")
    elif mapping.day_first:
        wrong = _("Received: %(text)s is no date (read as day/month/year or ISO 8601).")
    else:
        wrong = _("Received: %(text)s is no date (read as month/day/year or ISO 8601).")
    return Rejection(wrong % {"text": _quoted_text(text)})


def _custom_cell(row: Field, text: str, mapping: Mapping, warnings: list[str]) -> str:
    """Return what a cell says of a custom field: a day is written as it is stored."""
    if row.kind is Kind.NUMBER and is_doubtful(text):
        warning = _("%(field)s: the point in %(text)s was read as that before decimals.")
        warnings.append(warning % {"field": row.label, "text": _quoted_text(text)})
    if row.kind is not Kind.DATE or not text:
        return text
    zone = zones.find(mapping.zone) or UTC
    at = moment(read_date(text, day_first=mapping.day_first, zone=zone))
    if at is None:
        return text
    return (at if is_date_only(at) else at.astimezone(zone)).date().isoformat()


def _invalid_fields(error: ValidationError, custom: Sequence[Field]) -> Rejection:
    fields = {field.name: field for field in (*SPELLED_OUT, *custom)}
    wrong = _("%(field)s: %(problem)s")
    problems = (
        wrong % {"field": fields[name].label, "problem": text}
        for name, text in field_errors(error).items()
    )
    return Rejection(" ".join(problems))


def _cells_of_targets(row: Row, mapping: Mapping) -> dict[str, str]:
    """Return the text of each target: the first column of several that is filled.

    "n/a", and the names that Outlook writes for colleagues, do not fill one of addresses; nor
    does a text without a digit fill one of numbers.
    """
    cells: dict[str, str] = {}
    # A mapping that was stored comes back in any order.
    for index, target in sorted(mapping.columns.items()):
        text = _clean_text(cell_at(row.cells, index), mapping)
        known = cells.get(target, "")
        telling = _TELLING.get(target)
        is_better = telling and telling.search(text) and not telling.search(known)
        cells[target] = text if is_better else known or text
    if PHONE.name in cells:
        cells[PHONE.name] = _FACEBOOK_PHONE.sub("", cells[PHONE.name])
    return cells


def _spellings(row: Row, mapping: Mapping, cell: str, found: Found | None) -> frozenset[str]:
    """Return how the address may be stored by who wrote the file: by itself, or as the cell is."""
    raw = (cell_at(row.cells, at) for at, target in mapping.columns.items() if target == EMAIL.name)
    written = {text for text in raw if _clean_text(text, mapping) == cell}
    return frozenset(written | ({found.spelling} if found else set()))


def _clean_text(cell: str, mapping: Mapping) -> str:
    cell = (unescape_text(cell) if mapping.shielded else cell).strip()
    return _CONTROLS.sub("", _BREAKS.sub("\n", cell)).strip() if _ODD.search(cell) else cell


def _name(cells: AnyMapping[str, str], found: Found | None) -> str:
    parts = (cells.get(FIRST_NAME, ""), cells.get(LAST_NAME, ""))
    in_columns = cells.get(NAME.name) or " ".join(filter(None, parts))
    if found is None:
        return in_columns or "-"  # The address is what rejects the row.
    return in_columns or found.name or found.address.partition("@")[0]


def _phone(cells: AnyMapping[str, str], warnings: list[str]) -> str:
    """Return a number with its country in front, if a column tells one that it does not name."""
    text, region = cells.get(PHONE.name, ""), cells.get(PHONE_REGION, "").upper()
    if not region or not is_national(text):
        return text
    made = international(text, region) if region in NAMES else text
    if not is_national(made) and len(made) <= PHONE.limit:
        return made
    warning = _("Phone: %(text)s is no number of a country %(region)s, and stayed as it is.")
    warnings.append(warning % {"text": _quoted_text(text), "region": _quoted_text(region)})
    return text


def _standing(cells: AnyMapping[str, str], mapping: Mapping, warnings: list[str]) -> dict[str, Any]:
    """Return where a lead stands, and of a closed one why and since when."""
    stage = cells.get(STATUS, "")
    standing = read_standing(stage) if stage else None
    if stage and standing is None:
        warning = _("Stage: %(text)s is none of ours, so it counts as %(stage)s.")
        warnings.append(warning % {"text": _quoted_text(stage), "stage": Status.NEW.label})
    outcome = _outcome(cells.get(OUTCOME, ""), standing, warnings)
    if isinstance(standing, Status) and standing is not Status.CLOSED:
        return {"status": standing}
    if standing is None and outcome is None:
        return {}
    reason = cells.get(REASON, "") or (stage if is_reason(stage) else "")
    return {
        "status": Status.CLOSED,
        "outcome": outcome,
        "reason": _reason(reason, warnings),
        "closed_at": _closed_at(cells.get(CLOSED_AT, ""), mapping, warnings),
    }


def _outcome(text: str, standing: Standing | None, warnings: list[str]) -> ClosedAs | None:
    """Return how a lead was closed, by its own column or by the name of its stage."""
    outcome = read_standing(text) if text else None
    if isinstance(outcome, ClosedAs):
        return outcome
    if text:
        warning = _("Closed as: %(text)s is neither lost nor spam nor duplicate.")
        warnings.append(warning % {"text": _quoted_text(text)})
    return standing if isinstance(standing, ClosedAs) else None


def _reason(text: str, warnings: list[str]) -> str:
    line = " ".join(text.split())
    if len(line) > MAX_REASON:
        warnings.append(_("The reason for closing was too long and was cut."))
    return shorten(line, MAX_REASON)


def _closed_at(text: str, mapping: Mapping, warnings: list[str]) -> str | None:
    """Return when a lead was closed; an illegible or future date costs a remark alone."""
    if not text:
        return None
    closed = read_date(text, day_first=mapping.day_first, zone=zones.find(mapping.zone) or UTC)
    if closed and closed <= _latest_created():
        return closed
    warning = _("Closed: %(text)s is no date in the past.")
    warnings.append(warning % {"text": _quoted_text(text)})
    return None


def _owner(text: str, owners: AnyMapping[str, str], warnings: list[str]) -> str | None:
    if not text:
        return None
    owner_id = owners.get(text.casefold())
    if owner_id is None:
        warning = _("Owner: nobody here is called %(text)s.")
        warnings.append(warning % {"text": _quoted_text(text)})
    return owner_id


def _latest_created() -> str:
    """Clocks and zones differ; beyond a day it is a mistake that would stay on top for ever."""
    return timestamp(datetime.now(UTC) + timedelta(days=1))


def _quoted_text(text: str) -> str:
    return f"“{shorten(text, _SHOWN)}”"
