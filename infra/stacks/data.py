"""The tables, or those that exist already.

What CreateTable is told comes from ``crm.dynamodb.creation``, so a table made by this stack
and one made by ``manage.py create_tables`` cannot differ. What only AWS has is added here.
The indexes of a table that is deployed already are those of :mod:`infra.indexes`.
"""

from typing import cast

from aws_cdk import CfnDeletionPolicy, CfnOutput, CfnResource, Environment, Fn, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from crm.dynamodb.creation import STREAM, Description, table_request
from crm.dynamodb.schema import Table
from crm.tables import EPHEMERAL, HELD, LEADS, RECORDS
from infra import naming
from infra.indexes import Deployed, template_indexes
from infra.options import Options

# What one partition takes in a second. A single hot key can have it all, while a program that
# runs wild stops at 2.25 dollars an hour for the writes of a table, and 1.35 for its reads.
# Each index has a ceiling of its own: four tables and eight indexes have twelve.
# An index that takes less than its table would hold the table back.
MOST_READS = 3000
MOST_WRITES = 1000
THROUGHPUT = {"MaxReadRequestUnits": MOST_READS, "MaxWriteRequestUnits": MOST_WRITES}


class Data(Stack):
    """The four tables. ``variables`` tell the application their names.

    ``deployed`` are the indexes that the tables of the stage have; none if it is new.

    Other stacks find tables by name and the stream by a parameter, never by an export: an
    export that is in use could not change when the stage is switched to a restored table.
    """

    def __init__(
        self, scope: Construct, options: Options, deployed: Deployed | None = None
    ) -> None:
        name = naming.stack(options, "Data")
        super().__init__(scope, name, env=Environment(region=options.region))
        self.options = options
        self._deployed = deployed or {}
        self._indexed: CfnResource | None = None
        self.variables = naming.table_names(options)
        self.leads = self._table(LEADS, "Leads")
        self.records = self._table(RECORDS, "Records")
        self.ephemeral = self._table(EPHEMERAL, "Ephemeral")
        self.held = self._table(HELD, "Held")
        self.leads_stream_arn = options.existing_stream() or self._stream()

    def _table(self, described: Table, name: str) -> dynamodb.ITable:
        """Make a table unless it exists; return the way by which other stacks know it."""
        table_name = naming.table(self.options, described)
        CfnOutput(self, naming.output(described), value=table_name)
        if not naming.existing_table(self.options, described):
            self._make(described, name)
        return dynamodb.Table.from_table_name(self, f"{name}ByName", table_name)

    def _make(self, described: Table, name: str) -> None:
        indexes = template_indexes(described, self._deployed)
        properties = table_properties(self.options, described, indexes)
        kind = "AWS::DynamoDB::Table"
        made = CfnResource(self, name, type=kind, properties=properties)
        policy = CfnDeletionPolicy.DELETE
        if self.options.is_production and described.durable:
            policy = CfnDeletionPolicy.RETAIN
        made.cfn_options.deletion_policy = made.cfn_options.update_replace_policy = policy
        if described.indexes:
            # CloudFormation makes tables in parallel, DynamoDB refuses that for indexed ones.
            if self._indexed:
                made.add_resource_dependency(self._indexed)
            self._indexed = made

    def _stream(self) -> str:
        """Publish the stream of the table that this stack makes; return a reference to it."""
        parameter = naming.leads_stream_parameter(self.options)
        arn = Fn.get_att("Leads", "StreamArn").to_string()
        ssm.CfnParameter(self, "LeadsStream", name=parameter, type="String", value=arn)
        return f"{{{{resolve:ssm:{parameter}}}}}"


def table_properties(options: Options, described: Table, indexes: list[Description]) -> Description:
    """Return the properties of an ``AWS::DynamoDB::Table`` with ``indexes``."""
    properties = table_request(described) | {
        "TableName": naming.table(options, described),
        "DeletionProtectionEnabled": described.durable and options.is_production,
        "OnDemandThroughput": THROUGHPUT,
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": described.durable},
        # AWS's own key for DynamoDB: what it is used for is in CloudTrail, and unlike a key of
        # ours it has no monthly price.
        "SSESpecification": {"SSEEnabled": True, "SSEType": "KMS"},
    }
    if indexes:
        guarded = [index | {"OnDemandThroughput": THROUGHPUT} for index in indexes]
        properties["GlobalSecondaryIndexes"] = guarded
        properties["AttributeDefinitions"] = _attributes(described, indexes)
    if described.has_stream:
        # CloudFormation has no StreamEnabled.
        properties["StreamSpecification"] = {"StreamViewType": STREAM["StreamViewType"]}
    if described.ttl:
        ttl = {"AttributeName": described.ttl, "Enabled": True}
        properties["TimeToLiveSpecification"] = ttl
    return properties


def _attributes(described: Table, indexes: list[Description]) -> list[Description]:
    """Return the types of all keys: DynamoDB refuses one that is of no key."""
    names = {*described.key_attributes}
    for index in indexes:
        schema = cast("list[dict[str, str]]", index["KeySchema"])
        names |= {part["AttributeName"] for part in schema}
    return [{"AttributeName": name, "AttributeType": "S"} for name in sorted(names)]
