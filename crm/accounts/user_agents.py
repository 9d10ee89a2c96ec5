"""What a browser says of itself, in plain words."""

import re

from django.utils.translation import gettext as _

# The same browser to whoever uses it.
_VARIANTS = re.compile(r"\b(Mobile|iOS|WebView|UI/WKWebView)\b")
_SYSTEMS = {"Mac OS X": "macOS", "Chrome OS": "ChromeOS"}


def browser_text(user_agent: str) -> str:
    """Return the browser and the system of a ``User-Agent``, such as “Firefox on Windows”."""
    # 80 ms and all its patterns, for one page.
    from ua_parser import parse_os, parse_user_agent  # noqa: PLC0415

    found, system = parse_user_agent(user_agent), parse_os(user_agent)
    if not found:
        return _("Unknown browser")
    browser = " ".join(_VARIANTS.sub("", found.family).split()) or found.family
    if not system:
        return browser
    on = _SYSTEMS.get(system.family, system.family)
    return _("%(browser)s on %(system)s") % {"browser": browser, "system": on}
