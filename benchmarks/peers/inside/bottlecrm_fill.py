"""Store people as leads of BottleCRM; runs in its environment, prints how to sign in."""

import json
import sys
from itertools import batched, islice
from pathlib import Path

import django

django.setup()

from common.models import Org, Profile  # noqa: E402
from common.rls import get_set_context_sql  # noqa: E402
from common.serializer import OrgAwareRefreshToken  # noqa: E402
from django.contrib.auth import get_user_model  # noqa: E402
from django.db import connection  # noqa: E402

from leads.models import Lead  # noqa: E402

# Converted leads are in neither its board nor its list, so all four stages stay open.
STAGES = {
    "new": "assigned",
    "contacted": "in process",
    "qualified": "recycled",
    "converted": "closed",
}

user = get_user_model().objects.create_user(email="peer@example.com", password=None)
org = Org.objects.create(name="Peers")
with connection.cursor() as cursor:
    cursor.execute(get_set_context_sql(), [str(org.id)])
profile = Profile.objects.create(user=user, org=org, role="ADMIN", is_active=True)
moved: list[str] = []
with Path(sys.argv[1]).open() as file:
    for rows in batched(islice(map(json.loads, file), int(sys.argv[2])), 1_000):
        leads = Lead.objects.bulk_create(
            Lead(
                title=row["subject"],
                first_name=row["first_name"],
                last_name=row["last_name"],
                email=row["email"],
                company_name=row["company"],
                description=row["message"],
                status=STAGES[row["status"]],
                org=org,
                created_by=user,
            )
            for row in rows
        )
        moved += [str(lead.id) for lead in leads if lead.status == "assigned"][: 50 - len(moved)]
token = OrgAwareRefreshToken.for_user_and_org(user, org, profile).access_token
print(json.dumps({"token": str(token), "leads": moved}))
