"""Store people as leads of DjangoCRM; runs in its environment, prints how to sign in."""

import json
import os
import sys
from importlib import import_module
from itertools import batched, islice
from pathlib import Path

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402

from crm.models import Lead, LeadSource  # noqa: E402

# Its setup made this account.
user = User.objects.get(username="IamSUPER")
source = LeadSource.objects.exclude(department=None).exclude(success_template="").first()
# Its form needs an address to file mail under.
source.email = "leads@example.com"
source.save()
with Path(sys.argv[1]).open() as file:
    for rows in batched(islice(map(json.loads, file), int(sys.argv[2])), 1_000):
        Lead.objects.bulk_create(
            Lead(
                first_name=row["first_name"],
                last_name=row["last_name"],
                email=row["email"],
                company_name=row["company"],
                description=f"{row['subject']}\n{row['message']}",
                owner=user,
                department=source.department,
                lead_source=source,
            )
            for row in rows
        )
session = import_module(settings.SESSION_ENGINE).SessionStore()
session[SESSION_KEY] = str(user.pk)
session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
session[HASH_SESSION_KEY] = user.get_session_auth_hash()
session.save()
print(json.dumps({"session": session.session_key, "source": str(source.uuid)}), flush=True)
# Its background threads would keep the process.
os._exit(0)
