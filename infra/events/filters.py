"""Which stream records the pipe takes, and which announcements are mailed.

Operators that pipes do not know, such as ``anything-but`` with ``equals-ignore-case``, are left
to the workflow, which looks at each record again.
"""

type Pattern = dict[str, object]

CREATED = "lead.created"
CONVERTED = "lead.converted"

SOURCES = ("contact-form", "api", "staff", "import", "seed")
"""Who of ours writes leads. What another program writes is announced as ``OTHER``."""

OTHER = "other"

NEW_LEADS: Pattern = {"eventName": ["INSERT"]}

CONVERSIONS: Pattern = {
    "eventName": ["MODIFY"],
    "dynamodb": {
        # Other programs write "Converted", which the board takes for converted as well.
        "NewImage": {"status": {"S": [{"equals-ignore-case": "converted"}]}},
        "OldImage": {
            # A stream without old images would make every edit a conversion.
            "leadId": {"S": [{"exists": True}]},
            # Other programs leave the status out, or write a number.
            "status": {"S": [{"anything-but": ["converted"]}, {"exists": False}]},
        },
    },
}

PIPE_PATTERNS = (NEW_LEADS, CONVERSIONS)
"""A record that any of these matches goes on."""

MAIL_POLICY: Pattern = {
    "event": [CREATED, CONVERTED],
    # A file of ten thousand leads is no ten thousand mails.
    "source": [{"anything-but": ["import", "seed"]}],
}
"""The filter policy of the mail subscription, on message attributes."""
