"""What is wrong with the texts of a lead, in words for people."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from leads.formatting import number_text


def field_errors(error: ValidationError) -> dict[str, str]:
    """Return a text for each field at fault."""
    return {str(detail["loc"][0]): _explain(detail) for detail in reversed(error.errors())}


def _explain(detail: ErrorDetails) -> str:
    if detail["type"].endswith("too_long"):
        most = int(detail["ctx"]["max_length"])
        text = ngettext(
            "At most %(most)s character, please; this has %(number)s.",
            "At most %(most)s characters, please; this has %(number)s.",
            most,
        )
        return text % {"most": number_text(most), "number": number_text(len(str(detail["input"])))}
    if detail["type"].endswith("too_short"):
        return _("This field is required.")
    return str(detail.get("ctx", {}).get("error") or detail["msg"])
