"""``make synth``: write the templates of a stage to build/cdk.out, without an AWS account."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from infra import arguments, regions
from infra.account import AccountError
from infra.indexes import Deployed
from infra.options import Host, Options

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "build" / "cdk.out"
PACKAGER = ROOT / "scripts" / "package_lambda.py"


def write(options: Options, python: str | None = None, deployed: Deployed | None = None) -> Path:
    """Write what ``cdk deploy`` takes, the packaged Lambda code included; return its folder.

    ``python`` is the version that the stage's functions run on so far, ``deployed`` the indexes
    that its tables have.
    """
    options.existing_stream()  # Packaging takes a while: refuse before it.
    if options.host is Host.LAMBDA:
        present = ["--present", python] if python else []
        done = subprocess.run([sys.executable, PACKAGER, *present], cwd=ROOT, check=False)
        if done.returncode:
            message = "the Lambda package could not be built: see above."
            raise AccountError(message)
    from infra.app import build  # noqa: PLC0415 - starts Node: not before the options are right

    build(options, outdir=OUT, deployed=deployed).synth()
    return OUT


def main(words: Sequence[str]) -> int:
    """Write them and name them; exit status 2 for a bad option."""
    with arguments.one_line_errors():
        options = arguments.read(words)
        regions.check(options)
        folder = write(options)
    for template in sorted(folder.glob("*.template.json")):
        sys.stdout.write(f"{template.relative_to(ROOT)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
