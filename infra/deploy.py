"""``make deploy``: check everything that can be checked, then let CDK deploy the stage."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from crm.tables import TABLES
from infra import arguments, naming, regions, synth
from infra.account import Account, AccountError
from infra.costs import hosting
from infra.costs.bill import bill
from infra.costs.consumption import Load
from infra.costs.regional import local_bill, reservation
from infra.costs.statement import dollars
from infra.indexes import postponed_indexes
from infra.options import Host, Options

ROOT = Path(__file__).resolve().parent.parent
STATIC = ROOT / "build" / "lambda-static"
CDK = ROOT / "infra" / "node_modules" / "aws-cdk" / "bin" / "cdk"
ACCOUNT = """Make your account, if you have none (it asks for a password):
   make manage STAGE={stage} REGION={region} ARGS="create_user {mail} --role admin"\
"""
# What the topic of a part tells of.
TOPICS = {"Events": "leads", "Monitoring": "alarms"}
TEAM = Load(staff=5, leads=1_000)
WAITING = "Confirm the mail that AWS has sent to {mail} for {what}: until then none arrive."


def say(text: str) -> None:
    """Print a line of progress at once."""
    sys.stderr.write(f"Leadbook: {text}\n")
    sys.stderr.flush()


def check_docker(options: Options) -> None:
    """Refuse early what needs an image where none can be built."""
    if options.host is Host.LAMBDA:
        return
    docker = shutil.which("docker")
    if not docker or subprocess.run([docker, "info"], capture_output=True, check=False).returncode:
        message = (
            f"HOST={options.host} needs a running Docker to build the image; HOST=lambda none."
        )
        raise AccountError(message)


def cdk(*words: str | Path) -> None:
    """Run the command line of CDK, in the Node that PyPI brought."""
    node = os.environ.get("JSII_NODE") or "node"
    # It would send Amazon what is done here, and how it went.
    environment = os.environ | {"CDK_DISABLE_CLI_TELEMETRY": "true"}
    done = subprocess.run([node, CDK, *words], cwd=ROOT, env=environment, check=False)
    if done.returncode:
        message = f"cdk {words[0]} failed: see above. Once that is mended, make deploy goes on."
        raise AccountError(message)


def deploy(account: Account) -> None:
    """Deploy a stage. Raises AccountError."""
    options = account.options
    say(f"deploying {options.stage} to account {account.number}, {options.region}")
    account.check_tables_in_use()
    account.check_site_in_use()
    account.check_mail_password()
    for missing in account.missing_of_ses():
        say(missing)
    options = account.check_existing_tables()
    if not account.is_bootstrapped():
        say("preparing the region for CDK (once for an account and region)")
        cdk("bootstrap", f"aws://{account.number}/{options.region}")
    for name in account.make_secrets():
        say(f"made {name}")
    account.release_failed_stacks()
    deployed = account.deployed_indexes()
    folder = synth.write(options, account.outputs("Web").get("Python"), deployed)
    if options.host is Host.LAMBDA:
        put_static_files(account, folder)
    cdk("deploy", "--all", "--app", folder, "--require-approval", "never")
    if not regions.has_budgets(options.region):
        account.put_budget()
    for table in TABLES:
        for name in postponed_indexes(table, deployed):
            say(f"{table.default} still lacks {name}: run make deploy again for it")


def put_static_files(account: Account, folder: Path) -> None:
    """Make the bucket of static files and fill it, before any page names what is new."""
    name = naming.stack(account.options, "Static")
    cdk("deploy", name, "--app", folder, "--require-approval", "never")
    say(f"uploaded {account.upload_static_files(STATIC)} new static files")


def main(words: Sequence[str]) -> int:
    """Deploy and say what comes next; every refusal is one line and exit status 2."""
    with arguments.one_line_errors():
        options = arguments.read(words)
        regions.check(options)
        check_docker(options)
        account = Account(options)
        deploy(account)
        sys.stdout.write(farewell(account))
    return 0


def farewell(account: Account) -> str:
    """Return the address of the stage, and what is left to do."""
    options, outputs = account.options, account.outputs("Web")
    values = {"stage": options.stage, "region": options.region, "mail": options.mail}
    steps = [ACCOUNT.format(**values)]
    waiting = [what for part, what in TOPICS.items() if account.awaits_confirmation(part)]
    steps += [WAITING.format(**values, what=what) for what in waiting]
    steps += account.missing_of_ses()
    if options.domain:
        name = outputs.get("CloudFrontName")
        steps.append(f"In your DNS, let {options.domain} be a CNAME of {name}.")
    numbered = "".join(f"{number}. {step}\n" for number, step in enumerate(steps, 1))
    address = f"Leadbook {options.stage} is at {outputs.get('Url')}"
    return f"\n{address}\n\n{numbered}\n{expected_bill(options)}\n"


def expected_bill(options: Options) -> str:
    """Return what a month of a small team costs at the prices of the region."""
    one = local_bill(bill(TEAM, hosting.Host(options.host)), options.region)
    costs = (
        f"A month with {TEAM.staff} people and {TEAM.leads:,} new leads costs "
        f"{dollars(one.dollars)}: make cost REGION={options.region} has the parts."
    )
    return f"{costs} {reservation(options.region)}".rstrip()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
