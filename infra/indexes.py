"""The indexes of a table as its stack can take them. No CDK here: ``make deploy`` asks as well.

CloudFormation makes one new index of a table an update, and can change none that is there.
"""

from collections.abc import Mapping, Sequence

from crm.dynamodb.creation import Description, index_request
from crm.dynamodb.schema import Table
from crm.tables import HELD, LEADS, RECORDS

type Deployed = Mapping[str, Sequence[Description]]
"""The indexes in the template that a stage was deployed with, by the table's name in it."""

LOGICAL_NAMES = {LEADS: "Leads", RECORDS: "Records", HELD: "Held"}


def template_indexes(described: Table, deployed: Deployed) -> list[Description]:
    """Return the indexes of a table: all of a new one, else those deployed and one more.

    What is deployed stays with the projection that it has, and also if it is not described any
    more: pages of the release before read it until the new ones answer.
    """
    wanted = [index_request(index) for index in described.indexes]
    present = deployed.get(LOGICAL_NAMES.get(described, ""))
    if present is None:
        return wanted
    return [*present, *_missing(described, present)[:1]]


def postponed_indexes(described: Table, deployed: Deployed) -> list[str]:
    """Return the names of the indexes that have to wait for another deployment."""
    present = deployed.get(LOGICAL_NAMES.get(described, ""))
    missing = [] if present is None else _missing(described, present)
    return [str(one["IndexName"]) for one in missing[1:]]


def _missing(described: Table, present: Sequence[Description]) -> list[Description]:
    there = {one["IndexName"] for one in present}
    wanted = [index_request(index) for index in described.indexes]
    return [one for one in wanted if one["IndexName"] not in there]
