"""Store people as leads of the plain CRM, and print how to sign in."""

import json
import sys
from itertools import batched, islice
from pathlib import Path

import django

django.setup()

from django.contrib.auth.models import User  # noqa: E402
from django.test import Client  # noqa: E402
from plain.models import Lead  # noqa: E402

user = User.objects.create_superuser("peer", "peer@example.com", None)
moved: list[int] = []
with Path(sys.argv[1]).open() as file:
    for rows in batched(islice(map(json.loads, file), int(sys.argv[2])), 1_000):
        leads = Lead.objects.bulk_create(
            Lead(
                name=f"{row['first_name']} {row['last_name']}",
                **{
                    name: row[name]
                    for name in ("email", "company", "subject", "message", "status", "created_at")
                },
            )
            for row in rows
        )
        moved += [lead.pk for lead in leads if lead.status == "new"][: 50 - len(moved)]
browser = Client()
browser.force_login(user)
print(json.dumps({"session": browser.cookies["sessionid"].value, "leads": moved}))
