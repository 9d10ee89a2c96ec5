"""Event patterns of EventBridge and filter policies of SNS: the operators that are used here.

Patterns are matched as *Creating event patterns* in the EventBridge guide tells: every field of
the pattern, any rule of a field; comparisons are about leaves.
"""

from collections.abc import Mapping, Sequence
from typing import cast

type Value = str | int | float | bool | Sequence["Value"] | Mapping[str, "Value"] | None

MISSING = object()


def matches(pattern: Mapping[str, object], event: object) -> bool:
    """Tell whether an event, or a message's attributes by name, matches."""
    fields = event if isinstance(event, Mapping) else {}
    return all(_field(rules, fields.get(name, MISSING)) for name, rules in pattern.items())


def _field(rules: object, value: object) -> bool:
    if isinstance(rules, Mapping):
        return matches(cast("Mapping[str, object]", rules), value)
    if not isinstance(rules, Sequence) or isinstance(rules, str) or not rules:
        raise ValueError(f"A field takes a list of rules, not {rules!r}.")
    leaves = list(value) if isinstance(value, list) else [value]
    # An object is no leaf, and an empty list has none.
    leaves = [MISSING if isinstance(leaf, Mapping) else leaf for leaf in leaves] or [MISSING]
    return any(_rule(rule, leaf) for rule in rules for leaf in leaves)


def _rule(rule: object, leaf: object) -> bool:
    if not isinstance(rule, Mapping):
        return leaf is not MISSING and type(leaf) is type(rule) and leaf == rule
    ((operator, operand),) = rule.items()
    match operator:
        case "exists":
            return (leaf is not MISSING) is operand
        case "anything-but":
            refused = operand if isinstance(operand, list) else [operand]
            if not all(isinstance(one, str | int | float) for one in refused):
                raise ValueError("Pipes take no operators within anything-but.")
            return leaf is not MISSING and leaf not in refused
        case "equals-ignore-case":
            return isinstance(leaf, str) and leaf.lower() == str(operand).lower()
    raise ValueError(f"This operator is not known here: {operator}.")
