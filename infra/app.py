"""The CDK application: ``python -m infra.app`` is what ``cdk`` runs, options in its context."""

import sys
from pathlib import Path

from aws_cdk import App, Stack, Tags
from django.conf import settings

from infra.indexes import Deployed
from infra.options import NAMES, Host, OptionError, Options
from infra.stacks.access import Access
from infra.stacks.data import Data
from infra.stacks.events import Events
from infra.stacks.monitoring import Monitoring
from infra.stacks.static import Static
from infra.stacks.web import Web

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "build" / "lambda"


def build(
    options: Options,
    *,
    package: Path = PACKAGE,
    outdir: Path | None = None,
    deployed: Deployed | None = None,
) -> App:
    """Compose the stacks of a stage; ``package`` is the folder of the packaged Lambda code."""
    app = App(analytics_reporting=False, outdir=str(outdir) if outdir else None)
    compose(app, options, package, deployed)
    return app


def compose(app: App, options: Options, package: Path, deployed: Deployed | None = None) -> None:
    """Add the stacks, in the order in which they need each other."""
    if not settings.configured:
        settings.configure()  # The tables' description asks Django for names; naming has ours.
    data = Data(app, options, deployed)
    access = Access(app, options, data)
    web = Web(app, options, data, access, package)
    events = Events(app, options, data)
    monitoring = Monitoring(app, options, web, events)
    # They find tables and address by name, which CDK does not see.
    web.add_stack_dependency(data)
    events.add_stack_dependency(web)
    parts: list[Stack] = [data, access, web, events, monitoring]
    if options.host is Host.LAMBDA:
        static = Static(app, options)
        web.add_stack_dependency(static)
        parts.append(static)
    for part in parts:
        # make destroy lifts it, once it was told the name.
        part.termination_protection = options.is_production
        Tags.of(part).add("leadbook:stage", options.stage)
        Tags.of(part).add("leadbook:part", type(part).__name__.lower())


def main() -> int:
    """Write the templates to where ``cdk`` asks for them; exit status 2 for a bad option."""
    app = App(analytics_reporting=False)
    given = {name: app.node.try_get_context(name) for name in NAMES}
    try:
        compose(app, Options.parse(given), PACKAGE)
    except OptionError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    app.synth()
    return 0


if __name__ == "__main__":
    sys.exit(main())
