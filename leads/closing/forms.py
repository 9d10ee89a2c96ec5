"""How a lead is to be closed."""

from typing import override

from django import forms
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from leads.models import ClosedAs
from leads.web.closing import ReasonField

_REPEATED = 40


class _OutcomeField(forms.ChoiceField):
    @override
    def to_python(self, value: object) -> str:
        """Return the beginning: what is no choice is repeated, in a header of the answer too."""
        return Truncator(super().to_python(value)).chars(_REPEATED)


class CloseForm(forms.Form):
    """An outcome, and perhaps a reason."""

    outcome = _OutcomeField(
        choices=ClosedAs.choices,
        error_messages={
            "required": _("Choose Lost, Spam or Duplicate."),
            "invalid_choice": _(
                "“%(value)s” is no way to close a lead: choose Lost, Spam or Duplicate."
            ),
        },
    )
    reason = ReasonField()

    @property
    def chosen(self) -> ClosedAs:
        """How a valid form wants the lead closed."""
        return ClosedAs(self.cleaned_data["outcome"])

    @property
    def problem(self) -> str:
        """What is wrong with it, in one line."""
        return " ".join(str(text) for texts in self.errors.values() for text in texts)
