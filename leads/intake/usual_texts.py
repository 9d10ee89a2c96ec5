"""What a form says where admins leave a text empty, in the language that is spoken."""

from django.utils.translation import gettext_lazy as _

USUAL_TEXTS = {
    "title": _("Write to us"),
    "intro": _("Tell us what you need. We read every message and answer by e-mail."),
    "button": _("Send message"),
    "thanks": _("Your message has reached us. We will answer by e-mail."),
}
"""By their names in a definition."""
