"""Which region of AWS lacks what Leadbook is made of, so that no deployment starts in vain.

A test holds the list against the registry of resource types that cfn-lint brings.
"""

from typing import NamedTuple

from infra.options import Host, OptionError, Options


class Gap(NamedTuple):
    """Something that some regions lack: its types of resource, its name, who needs it, where."""

    kinds: frozenset[str]
    name: str
    hosts: frozenset[Host]
    regions: frozenset[str]


BUDGETS = Gap(
    frozenset({"AWS::Budgets::Budget"}),
    "budgets in CloudFormation",
    frozenset(Host),
    frozenset(
        {
            *("af-south-1", "ap-east-1", "ap-east-2", "ap-northeast-3", "ap-south-2"),
            *("ap-southeast-3", "ap-southeast-4", "ap-southeast-5", "ap-southeast-6"),
            *("ap-southeast-7", "ca-west-1", "eu-central-2", "eu-north-1", "eu-south-1"),
            *("eu-south-2", "il-central-1", "me-central-1", "mx-central-1"),
        }
    ),
)
"""In no one's way: there the budget is made through its own API, which is the same everywhere."""

GAPS = (
    Gap(
        frozenset({"AWS::Pipes::Pipe"}),
        "EventBridge Pipes",
        frozenset(Host),
        frozenset(
            {
                *("ap-east-2", "ap-southeast-4", "ap-southeast-5", "ap-southeast-6"),
                *("ap-southeast-7", "ca-west-1", "il-central-1", "mx-central-1"),
            }
        ),
    ),
    Gap(
        frozenset({"AWS::Lambda::Url"}),
        "function URLs of Lambda",
        frozenset({Host.LAMBDA}),
        frozenset(
            {
                *("ap-east-2", "ap-south-2", "ap-southeast-4", "ap-southeast-5"),
                *("ap-southeast-6", "ap-southeast-7", "ca-west-1", "eu-central-2"),
                *("il-central-1", "me-central-1", "mx-central-1"),
            }
        ),
    ),
    Gap(
        frozenset({"AWS::AppRunner::AutoScalingConfiguration", "AWS::AppRunner::Service"}),
        "App Runner",
        frozenset({Host.APPRUNNER}),
        BUDGETS.regions | {"ap-northeast-2", "ca-central-1", "sa-east-1", "us-west-1"},
    ),
)


def gaps(region: str, host: Host) -> list[Gap]:
    """Return what a host needs and the region does not have."""
    return [gap for gap in GAPS if host in gap.hosts and region in gap.regions]


def has_budgets(region: str) -> bool:
    """Tell whether CloudFormation makes budgets in the region."""
    return region not in BUDGETS.regions


def check(options: Options) -> None:
    """Refuse a region that lacks what the host needs. Raises OptionError."""
    found = gaps(options.region, options.host)
    if not found:
        return
    others = [f"HOST={host}" for host in _hosts_of(options.region)]
    ways = " or ".join([*others, "another REGION"])
    names = " and ".join(gap.name for gap in found)
    message = (
        f"REGION {options.region} has no {names}, which HOST={options.host} needs: take {ways}."
    )
    raise OptionError(message)


def _hosts_of(region: str) -> list[Host]:
    """Return who can run there, without App Runner, which takes no new customers."""
    return [host for host in (Host.LAMBDA, Host.EXPRESS) if not gaps(region, host)]
