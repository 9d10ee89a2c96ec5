"""How IAM decides, as far as our policies need it: what is not known here is an error.

The rules are those of "Policy evaluation logic", "IAM JSON policy elements: Condition
operators" and "Multivalued context keys" in the IAM User Guide.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import cast

type Document = Mapping[str, object]
type Texts = Sequence[str]

PSEUDO = {
    "AWS::Partition": "aws",
    "AWS::Region": "eu-central-1",
    "AWS::AccountId": "123456789012",
}
_KNOWN = {"Effect", "Action", "Resource", "Condition", "Sid"}


@dataclass(frozen=True)
class Request:
    """Somebody asks for an action on a resource; ``context`` has the condition keys' values."""

    action: str
    resource: str
    context: Mapping[str, Texts] = field(default_factory=dict)


@dataclass(frozen=True)
class Statement:
    """A statement of a policy, intrinsic functions resolved."""

    is_deny: bool
    actions: Texts
    resources: Texts
    conditions: Mapping[str, Mapping[str, Texts]]

    def matches(self, request: Request) -> bool:
        """Tell whether the statement is about the request."""
        return (
            any(_is_like(request.action, action) for action in self.actions)
            and any(_is_like(request.resource, resource) for resource in self.resources)
            and all(
                _holds(operator, wanted, request.context.get(key))
                for operator, keys in self.conditions.items()
                for key, wanted in keys.items()
            )
        )


def allows(statements: Sequence[Statement], request: Request) -> bool:
    """Decide: one denial outweighs everything, and what nobody allows is denied."""
    found = [statement for statement in statements if statement.matches(request)]
    return bool(found) and not any(statement.is_deny for statement in found)


def statements(template: Document, role: str) -> list[Statement]:
    """Return all statements of a role by the name of its resource, its own and attached ones."""
    resources = cast("Mapping[str, Mapping[str, object]]", template["Resources"])
    own = cast("Document", resources[role]["Properties"])
    assert not own.get("ManagedPolicyArns"), "policies of others are not read"
    documents = [policy["PolicyDocument"] for policy in _list(own.get("Policies"))]
    for resource in resources.values():
        if str(resource["Type"]).startswith("AWS::IAM::") and resource["Type"] != "AWS::IAM::Role":
            properties = cast("Document", resource["Properties"])
            if {"Ref": role} in cast("list[object]", properties.get("Roles", [])):
                documents.append(properties["PolicyDocument"])
    return [one for document in documents for one in _read(cast("Document", document))]


def resolve(value: object) -> object:
    """Put made-up values in the place of CloudFormation's intrinsic functions."""
    match value:
        case {"Ref": name}:
            return PSEUDO[cast("str", name)]
        case {"Fn::Join": [str(between), list(parts)]}:
            return between.join(cast("str", resolve(part)) for part in parts)
        case {"Fn::Sub": str(text)}:
            return re.sub(r"\$\{([^}]+)\}", lambda found: PSEUDO[found[1]], text)
        case dict():
            assert not any(str(key).startswith("Fn::") for key in value), value
            return {key: resolve(part) for key, part in value.items()}
        case list():
            return [resolve(part) for part in value]
    return value


def _read(document: Document) -> Iterator[Statement]:
    for raw in _list(document["Statement"]):
        statement = cast("Document", resolve(raw))
        assert set(statement) <= _KNOWN, statement
        conditions = cast("Mapping[str, Mapping[str, object]]", statement.get("Condition", {}))
        yield Statement(
            is_deny=statement["Effect"] == "Deny",
            actions=_texts(statement["Action"]),
            resources=_texts(statement["Resource"]),
            conditions={
                operator: {key: _texts(wanted) for key, wanted in keys.items()}
                for operator, keys in conditions.items()
            },
        )


def _list(value: object) -> list[Document]:
    return cast("list[Document]", value if isinstance(value, list) else [value] if value else [])


def _texts(value: object) -> Texts:
    return [value] if isinstance(value, str) else cast("list[str]", value)


def _holds(operator: str, wanted: Texts, given: Texts | None) -> bool:
    scope, _, name = operator.rpartition(":")
    if name.endswith("IfExists") and given is None:
        return True
    matches: dict[str, Callable[[str, str], bool]] = {
        "StringEquals": lambda value, pattern: value == pattern,
        "StringLike": _is_like,
    }
    # What is negated holds for a value that is none of those wanted.
    is_negated = name == "StringNotEquals"
    is_one = matches["StringEquals" if is_negated else name.removesuffix("IfExists")]
    found = [
        any(is_one(value, pattern) for pattern in wanted) is not is_negated for value in given or []
    ]
    match scope:
        case "ForAllValues":
            return all(found)  # also of a key that is not there
        case "ForAnyValue":
            return any(found)
        case "":
            assert len(found) <= 1, f"{operator} is for a key with one value"
            return any(found)
    raise AssertionError(operator)


def _is_like(value: str, pattern: str) -> bool:
    return fnmatchcase(value, pattern.replace("[", "[[]"))
