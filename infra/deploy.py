"""``make deploy``: check everything that can be checked, then let CDK deploy the stage."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from infra import arguments, regions, synth
from infra.account import Account, AccountError
from infra.options import Host, Options

ROOT = Path(__file__).resolve().parent.parent
CDK = ROOT / "infra" / "node_modules" / "aws-cdk" / "bin" / "cdk"
FAREWELL = """
Leadbook {stage} is at {url}

1. Make your account (it asks for a password):
   make manage STAGE={stage} REGION={region} ARGS="create_user {mail} --role admin"
2. AWS has sent two mails to {mail}: confirm both, one is for leads and one for alarms.
"""


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
    done = subprocess.run([node, CDK, *words], cwd=ROOT, check=False)
    if done.returncode:
        message = f"cdk {words[0]} failed: see above. Once that is mended, make deploy goes on."
        raise AccountError(message)


def deploy(options: Options) -> dict[str, str]:
    """Deploy a stage and return the outputs of its Web stack. Raises AccountError."""
    check_docker(options)
    account = Account(options)
    say(f"deploying {options.stage} to account {account.number}, {options.region}")
    account.check_tables_in_use()
    account.check_site_in_use()
    options = account.check_existing_tables()
    if not account.is_bootstrapped():
        say("preparing the region for CDK (once for an account and region)")
        cdk("bootstrap", f"aws://{account.number}/{options.region}")
    for name in account.make_secrets():
        say(f"made {name}")
    folder = synth.write(options, account.outputs("Web").get("Python"))
    cdk("deploy", "--all", "--app", folder, "--require-approval", "never")
    if not regions.has_budgets(options.region):
        account.put_budget()
    return account.outputs("Web")


def main(words: Sequence[str]) -> int:
    """Deploy and say what comes next; every refusal is one line and exit status 2."""
    with arguments.one_line_errors():
        options = arguments.read(words)
        regions.check(options)
        outputs = deploy(options)
    values = {"stage": options.stage, "region": options.region, "mail": options.mail}
    sys.stdout.write(FAREWELL.format(url=outputs.get("Url"), **values))
    if options.domain:
        name = outputs.get("CloudFrontName")
        sys.stdout.write(f"3. In your DNS, let {options.domain} be a CNAME of {name}.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
