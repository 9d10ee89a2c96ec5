"""The form that answers a lead by mail and says what follows from it."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from crm.accounts.models import User
from crm.outbox.mailing import can_reach, can_send
from crm.plain_text import plain_text
from leads.addresses import normal_form, readable
from leads.dues import is_ahead, working_day_after
from leads.entries import MAX_TEXT
from leads.models import Actor, Lead, Status, clean_line, with_something_visible
from leads.repository.actions import follow_up
from leads.repository.reply_templates import Template
from leads.web.follow_ups import DueField, typed_text
from leads.web.form_fields import AddressField, MultilineField, checked
from leads.web.owners import ME, AssigneeField, assignees
from leads.web.placeholders import filled, left_in

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

MAX_SUBJECT = 250
DAYS_TO_ANSWER = 2
_FURTHER = (Status.QUALIFIED, Status.CONVERTED, Status.CLOSED)


class ReplyForm(forms.Form):
    """An answer to a lead, and its stage and owner afterwards.

    Its template writes the controls. What is not posted at all is as the form proposes it.
    ``token`` names the form, so that a repeat is the same answer.
    """

    to = AddressField(label=pgettext_lazy("of a mail", "To"))
    subject = forms.CharField(label=gettext_lazy("Subject"), required=False, max_length=MAX_SUBJECT)
    body = MultilineField(
        label=gettext_lazy("Your answer"),
        max_length=MAX_TEXT,
        error_messages={"required": gettext_lazy("Write something first.")},
    )
    status = forms.ChoiceField(
        label=pgettext_lazy("field", "Stage"), choices=Status.choices, required=False
    )
    owner = AssigneeField(label=pgettext_lazy("field", "Owner"), required=False)
    due = DueField()
    version = forms.CharField(required=False, widget=forms.HiddenInput)
    token = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: QueryDict | None = None, *, lead: Lead, user: User) -> None:
        proposed = proposal(lead, user)
        if data is not None:
            data = data.copy()
            for name in ("to", "subject", "status", "owner", "due"):
                data.setdefault(name, proposed[name])
        super().__init__(data, initial=proposed, auto_id="reply-%s", label_suffix="")
        owner = self.fields["owner"]
        if isinstance(owner, AssigneeField):
            owner.user_id, owner.choices = user.id, assignees(user.id, lead.owner_id)
        status = self.fields["status"]
        if isinstance(status, forms.ChoiceField) and lead.is_closed:
            status.choices = [("", _("Stays closed")), *Status.choices()]
        self._user_id, self._lead = user.id, lead
        self.signature = user.signature

    def clean_to(self) -> str:
        """Return the address in its normal form."""
        address = normal_form(self.cleaned_data["to"])
        if not address:
            raise ValidationError(_("Enter an e-mail address, such as ada@example.com."))
        if not can_reach(address):
            raise ValidationError(_("Mail servers do not take this address."))
        return address

    def clean_subject(self) -> str:
        """Return the subject as one line."""
        return _without_placeholders(checked(clean_line, self.cleaned_data["subject"]))

    def clean_body(self) -> str:
        """Return the text with plain line breaks."""
        text = checked(plain_text, self.cleaned_data["body"])
        return _without_placeholders(checked(with_something_visible, text.strip()))

    def follows(self, actor: Actor) -> dict[str, str | None]:
        """Return the fields of the lead as they are to be, of a valid form."""
        owner, stage = self.cleaned_data["owner"], self.cleaned_data["status"]
        fields: dict[str, str | None] = {"owner_id": (actor.id if owner == ME else owner) or None}
        if stage:
            fields["status"] = stage
        if self.cleaned_data["due"] != self._lead.follow_up_at and (
            stage or not self._lead.is_closed
        ):
            fields |= follow_up(self.cleaned_data["due"], self._lead.follow_up_text, actor)
        return fields


def with_template(written: str, template: Template, lead: Lead, user: User) -> dict[str, str]:
    """Return the fields of a form with a template inserted below what was ``written``.

    The values of the lead stand in it; a placeholder without one stays, and is refused.
    """
    text = filled(template.text, lead, user)
    subject = filled(template.subject, lead, user)
    body = f"{written.strip()}\n\n{text}" if written.strip() else text
    return {"body": body, **({"subject": subject} if subject else {})}


def _without_placeholders(text: str) -> str:
    missing = left_in(text)
    if missing:
        text = _("Fill this in first, the lead has nothing for it: %(names)s.")
        names = ", ".join(f"{{{name}}}" for name in missing)
        raise ValidationError(text % {"names": names})
    return text


def proposal(lead: Lead, user: User) -> dict[str, str]:
    """Return what the form proposes for an answer to a lead."""
    is_mine = lead.owner_id in {None, user.id}
    stage = lead.status if lead.status in _FURTHER else Status.CONTACTED
    return {
        "to": readable(lead.email),
        "subject": subject_of(lead),
        "status": "" if lead.is_closed else stage.value,
        "owner": ME if is_mine else str(lead.owner_id),
        "due": "" if lead.is_closed else _proposed_due(lead),
        "version": str(lead.version),
        "token": uuid4().hex,
    }


def _proposed_due(lead: Lead) -> str:
    """Return what is planned already, else the second working day from today."""
    if is_ahead(lead.follow_up_at, datetime.now(UTC)):
        return typed_text(lead.follow_up_at)
    return working_day_after(timezone.localdate(), DAYS_TO_ANSWER).isoformat()


def subject_of(lead: Lead) -> str:
    """Return the subject of an answer."""
    subject = lead.subject.strip()
    if not subject:
        return _("Your message")
    is_answer = subject[:3].casefold() == "re:"
    return (subject if is_answer else f"Re: {subject}")[:MAX_SUBJECT]


def text_labels() -> dict[str, "StrOrPromise"]:
    """Return the texts that people type into the form, and their labels."""
    fields = ReplyForm.base_fields
    return {name: fields[name].label or name for name in ("to", "subject", "body", "due")}


def why_not(lead: Lead) -> str:
    """Say why nobody can answer a lead by mail; "" if somebody can."""
    if not can_send():
        return _("Leadbook has no mail server yet: an admin sets one up.")
    if not normal_form(lead.email):
        return _("The lead has no e-mail address that a mail could go to.")
    return ""
