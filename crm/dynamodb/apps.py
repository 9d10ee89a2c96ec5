"""Registers the package, so that ``manage.py create_tables`` is found."""

from django.apps import AppConfig


class DynamoDBConfig(AppConfig):
    """The DynamoDB layer as a Django app."""

    name = "crm.dynamodb"
    label = "dynamodb"
