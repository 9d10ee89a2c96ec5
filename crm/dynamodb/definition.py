"""The tables of ``schema`` in the words of CreateTable."""

from crm.dynamodb.schema import Index, Table

type Description = dict[str, object]

STREAM = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}


def table_request(table: Table) -> Description:
    """Give the parameters of CreateTable."""
    attributes = {*table.key_attributes}
    for index in table.indexes:
        attributes |= {index.partition_key, index.sort_key}
    request: Description = {
        "TableName": table.name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [
            {"AttributeName": name, "AttributeType": "S"} for name in sorted(attributes)
        ],
        "KeySchema": key_schema(table.partition_key, table.sort_key),
        "DeletionProtectionEnabled": table.durable,
    }
    if table.indexes:
        request["GlobalSecondaryIndexes"] = [index_request(index) for index in table.indexes]
    if table.durable:
        request["StreamSpecification"] = STREAM
    return request


def index_request(index: Index) -> Description:
    """Give an index as CreateTable describes it."""
    projection: Description = {"ProjectionType": "KEYS_ONLY"}
    if index.include:
        projection = {"ProjectionType": "INCLUDE", "NonKeyAttributes": list(index.include)}
    return {
        "IndexName": index.name,
        "KeySchema": key_schema(index.partition_key, index.sort_key),
        "Projection": projection,
    }


def key_schema(partition_key: str, sort_key: str | None) -> list[dict[str, str]]:
    """Give the ``KeySchema`` of a table or an index."""
    schema = [{"AttributeName": partition_key, "KeyType": "HASH"}]
    if sort_key:
        schema.append({"AttributeName": sort_key, "KeyType": "RANGE"})
    return schema
