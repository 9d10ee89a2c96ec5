"""The forms that add and edit a lead."""

import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, cast, override
from uuid import uuid4

from django import forms
from django.forms.boundfield import BoundField
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from pydantic import ValidationError

from leads.countries import NAMES
from leads.fields import EMAIL, PHONE, SPELLED_OUT, Field, Kind, in_page_order
from leads.models import Lead, LeadFields, Status, cleaned_fields, editable
from leads.repository import registry
from leads.validation import field_errors
from leads.web.form_fields import AddressField, MultilineField, custom_form_field, is_day
from leads.web.owners import new_owner_choices

_SUBMISSION = re.compile(r"[A-Za-z0-9-]{8,64}")
_ATTRIBUTES = {"email": {"inputmode": "email"}, "phone": {"type": "tel"}}


class LeadForm(forms.Form):
    """The fields of a lead; with ``lead`` only what the user changed is judged and kept.

    ``seen`` carries a digest of each value as the page showed it: so a field counts as
    changed if the user changed it, whatever others did meanwhile. A valid form has its
    :attr:`changes`, names as in ``editable`` and of custom fields. A custom field that was
    retired while somebody typed is still there for what they send.
    """

    owner_id = forms.ChoiceField(label=_("Owner"), required=False)
    version = forms.CharField(required=False, widget=forms.HiddenInput)
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        lead: Lead | None = None,
        typed: Mapping[str, str] | None = None,
    ) -> None:
        """Show ``lead``, with what the user had ``typed`` in place of some of its fields."""
        self.lead = lead
        names = [*(data or {}), *(typed or {})]
        self.custom = registry.with_names(names).offered(names)
        self._fields = {field.name: field for field in (*SPELLED_OUT, *self.custom)}
        stored = self._stored_texts(lead) if lead else {}
        initial = {**stored, **(typed or {}), "seen": self._digests(stored)}
        super().__init__(data, initial=initial | {"version": lead.version if lead else ""})
        texts: dict[str, forms.Field] = {
            field.name: _form_field(field) for field in in_page_order()
        }
        texts |= {row.name: custom_form_field(row, stored.get(row.name, "")) for row in self.custom}
        self.fields |= texts
        self.order_fields([*texts, "status", "owner_id"])
        owner = cast("forms.ChoiceField", self.fields["owner_id"])
        self._owners = new_owner_choices(lead.owner_id if lead else None, gettext("Unassigned"))
        owner.choices = self._owners
        if lead:
            # Another program may have left them out.
            for name, field in texts.items():
                field.required &= bool(lead.text(name))
            texts[PHONE.name].help_text = _phone_help(lead.attribution.phone_region)
        self.changes: dict[str, str] = {}
        self._now = {
            name: stored[name]
            for name, text in (typed or {}).items()
            if self._as_browser_sends(name, stored[name]) != text
        }

    def touched_fields(self) -> dict[str, str]:
        """Return the fields that the user changed, as they were typed."""
        posted = {
            name: self._as_typed(name, self.data[name]) for name in self._names if name in self.data
        }
        shown = _read_digests(self.data.get("seen", "")) if self.lead else {}
        if self.lead:
            now = _read_digests(self._digests(self._stored_texts(self.lead)))
            shown = {name: shown.get(name) or digest for name, digest in now.items()}
        return {name: text for name, text in posted.items() if shown.get(name) != _digest(text)}

    def rows(self) -> list[tuple[BoundField, str | None]]:
        """Return the visible fields, each with the lead's present value if another was typed."""
        return [(field, self._current_text(field)) for field in self.visible_fields()]

    def _current_text(self, field: BoundField) -> str | None:
        text = self._now.get(field.name)
        return dict(self._owners)[text] if text and field.name == "owner_id" else text

    @override
    def clean(self) -> dict[str, Any]:
        touched = self.touched_fields() if self.lead else dict.fromkeys(self._names, "")
        present = self.lead.custom if self.lead else {}
        mine = {name: self.cleaned_data[name] for name in touched if name in self.cleaned_data}
        try:
            self.changes = cleaned_fields(mine, self.custom, present)
        except ValidationError as error:
            for name, text in field_errors(error).items():
                if name not in self.errors:
                    self.add_error(name, text)
        return self.cleaned_data

    @property
    def _names(self) -> list[str]:
        return [*editable(), *(row.name for row in self.custom)]

    def _stored_texts(self, lead: Lead) -> dict[str, str]:
        return {name: lead.text(name) for name in self._names}

    def _as_browser_sends(self, name: str, stored: str) -> str:
        """Return a stored value as a browser sends it back, as :meth:`_as_typed`."""
        text = self._as_typed(name, stored)
        field = self._fields.get(name)
        # A field for dates shows nothing else, and sends nothing then.
        return text if not field or field.kind is not Kind.DATE or is_day(text) else ""

    def _as_typed(self, name: str, text: str) -> str:
        """Return what a browser sends but for white space that means nothing."""
        field = self._fields.get(name)
        if field and field.multiline:
            return text.replace("\r\n", "\n").replace("\r", "\n").strip()
        return " ".join(text.replace("\r", "").replace("\n", "").split())

    def _digests(self, stored: Mapping[str, str]) -> str:
        told = {
            name: _digest(self._as_browser_sends(name, stored.get(name, "")))
            for name in self._names
        }
        return ".".join(f"{name}={digest}" for name, digest in told.items())


class AddLeadForm(LeadForm):
    """A new lead; ``submission`` names this form, so that a double click adds one."""

    status = forms.ChoiceField(label=_("Stage"), choices=Status.choices, initial=Status.NEW)
    submission = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: QueryDict | None = None) -> None:
        super().__init__(data)
        self.initial["submission"] = uuid4().hex
        del self.fields["version"], self.fields["seen"]

    @property
    def lead_fields(self) -> LeadFields:
        """The fields of the lead that a valid form asks for."""
        return LeadFields.read(self.changes, self.custom)

    def act(self) -> str:
        """Name what a valid form asks for: the form and its contents."""
        submission = self.cleaned_data["submission"]
        name = submission if _SUBMISSION.fullmatch(submission) else uuid4().hex
        contents = repr([self.cleaned_data["status"], sorted(self.changes.items())])
        return f"{name}:{sha256(contents.encode()).hexdigest()[:32]}"


def _form_field(field: Field) -> forms.CharField:
    if field.multiline:
        # Without a maxlength: browsers cut what is pasted there, and say nothing.
        area = forms.Textarea({"rows": 8})
        return MultilineField(label=field.label, required=field.required, widget=area)
    # Not type=email: browsers rewrite what they find in one.
    attributes = {"maxlength": field.limit, "autocomplete": "off"}
    line = forms.TextInput(attributes | _ATTRIBUTES.get(field.name, {}))
    kind = AddressField if field is EMAIL else forms.CharField
    return kind(label=field.label, required=field.required, widget=line)


def _phone_help(region: str) -> str:
    text = gettext("Without + it is a number of %(country)s, as on the form that the lead came by.")
    return text % {"country": NAMES.get(region, region)} if region else ""


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:12]


def _read_digests(text: str) -> dict[str, str]:
    """Read what a form wrote into ``seen``; nothing of what was altered."""
    parts = (part.partition("=") for part in text.split("."))
    return {name: digest for name, _equals, digest in parts if digest}
