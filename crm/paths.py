"""Addresses that are written beside Django too: by load balancers, the CDN and mails about leads.

The URLconfs take theirs from here, and a test holds the words to what the URLconfs have.
"""

HEALTH = "/healthz"
READY = "/readyz"
STATIC = "/static/"
EMBED_SCRIPT = "/static/embed.js"
"""What pages of companies name, so it is the one file whose name has no hash."""
EMBED_SCRIPT_SECONDS = 300
FORM = "/contact/"
"""All that the function of the public form answers."""
LEADS = "/leads/"
WORDS_UNDER_LEADS = ("add", "bulk", "export", "import", "search")
"""What stands there in the place of an id: such ids are written another way."""
