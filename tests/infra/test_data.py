from collections.abc import Callable

from aws_cdk.assertions import Template


def test_three_tables(template: Callable[[str], Template]) -> None:
    template("Data").resource_count_is("AWS::DynamoDB::Table", 3)


def test_ministack(ministack: str) -> None:
    assert ministack
