"""How large the company's forms may be, for features that change all of them."""

from django.utils.translation import gettext

from leads.definitions import MAX_BYTES
from leads.formatting import number_text
from leads.repository.forms import FormTooLargeError


def too_large_text(error: FormTooLargeError) -> str:
    """Tell which form has no room for a change that all forms get."""
    text = gettext(
        "The form “%(name)s” would have %(size)s bytes with this, and may have %(most)s: shorten"
        " its texts first."
    )
    sizes = {"size": number_text(error.size), "most": number_text(MAX_BYTES)}
    return text % {"name": error.form.title or error.form.slug, **sizes}
