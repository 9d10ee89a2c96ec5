"""Host ``lambda``: two functions and a bucket behind CloudFront, and one for what is due.

docs/adr/0021 has the reasons: for the secret header, for two functions, for their size. The
third has no address: a schedule calls it each minute, the cents of which are all that is
billed while idle (ADR 58).
"""

from pathlib import Path

from aws_cdk import CfnOutput, CfnParameter, Duration, Stack
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_scheduler_targets as targets

from crm import paths
from infra import naming
from infra.hosts import static_files
from infra.hosts.hosted import MAIL_PASSWORD, Hosted, log_group
from infra.options import OptionError, Options

HANDLER = "crm.lambda_handler.handler"
JOBS_HANDLER = "crm.jobs_handler.handler"
JOBS_MEMORY = 512
# What it begins within 20 of them has time to end.
JOBS_SECONDS = 60
ORIGIN_HEADER = "X-Origin-Secret"
# One whole processor: a start is work for one, and a person waits for it.
MEMORY = 1769
# Before CloudFront gives up, so that the log says why.
FUNCTION_SECONDS = 29
ORIGIN_SECONDS = 30
_OF_PAGES = (HANDLER, MEMORY, FUNCTION_SECONDS)
_OF_JOBS = (JOBS_HANDLER, JOBS_MEMORY, JOBS_SECONDS)
# CloudFront keeps these for ten seconds, under the path alone: one person's refusal would be
# another's answer.
ERRORS = (400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504)
VIEWER_REQUEST = Path(__file__).parent / "viewer-host.js"


def allowed_hosts(options: Options) -> str:
    """Return ALLOWED_HOSTS: the domain, or every name that CloudFront gives.

    The distribution's own name cannot be told to a function that it has to know first.
    """
    return options.domain or ".cloudfront.net"


def host(
    stack: Stack,
    options: Options,
    variables: dict[str, str],
    roles: dict[str, iam.IRole],
    package: Path,
) -> Hosted:
    """Make functions ``web`` and ``form`` from one package, and the distribution before them.

    ``roles`` are by the name of the function.
    """
    settings = variables | {"ORIGIN_SECRET_PARAMETER": naming.origin_secret_parameter(options)}
    code = lambda_.Code.from_asset(str(package))
    # Strangers' input is read with a key that opens nothing of the staff's.
    own = {
        "FORM_ONLY": "1",
        "SECRET_KEY_PARAMETER": naming.form_secret_key_parameter(options),
    }
    public = {name: value for name, value in settings.items() if name != MAIL_PASSWORD}
    of_part = {"web": settings, "form": public | own}
    python = python_of(package)
    runtime = lambda_.Runtime(f"python{python}", lambda_.RuntimeFamily.PYTHON)
    functions = {
        part: _function(stack, options, part, roles[part], code, runtime, of_part[part])
        for part in of_part
    }
    jobs = _function(stack, options, "jobs", roles["web"], code, runtime, settings)
    _each_minute(stack, options, jobs)
    distribution = _distribution(stack, options, functions)
    static_files.allow(stack, options, distribution.distribution_id)
    given = distribution.distribution_domain_name
    # What the next deployment stays with where it can.
    CfnOutput(stack, "Python", value=python)
    CfnOutput(stack, "CloudFrontName", value=given, description="What DOMAIN is a CNAME of")
    return Hosted(f"https://{options.domain or given}", distribution.distribution_id)


def python_of(package: Path) -> str:
    """Return the version that the package is compiled for, ``3.13``. Raises OptionError."""
    compiled = next(package.rglob("*.cpython-3*.pyc"), None)
    if compiled is None:
        message = f"{package} is not compiled: make package builds it."
        raise OptionError(message)
    return f"3.{compiled.name.removesuffix('.pyc').rpartition('.cpython-3')[2]}"


def _function(  # noqa: PLR0913, PLR0917 - what a function is made of
    stack: Stack,
    options: Options,
    part: str,
    role: iam.IRole,
    code: lambda_.Code,
    runtime: lambda_.Runtime,
    settings: dict[str, str],
) -> lambda_.Function:
    handler, memory, seconds = _OF_JOBS if part == "jobs" else _OF_PAGES
    return lambda_.Function(
        stack,
        part.title(),
        function_name=f"{options.prefix}-{part}",
        runtime=runtime,
        architecture=lambda_.Architecture.ARM_64,
        code=code,
        handler=handler,
        memory_size=memory,
        timeout=Duration.seconds(seconds),
        role=role,
        environment=settings,
        log_group=log_group(stack, options, part),
        # Our lines are JSON already, and CloudWatch finds its metrics in them as they are.
        logging_format=lambda_.LoggingFormat.TEXT,
    )


def _each_minute(stack: Stack, options: Options, function: lambda_.Function) -> None:
    """Call a function each minute; one that failed is called again by the next minute alone."""
    scheduler.Schedule(
        stack,
        "EachMinute",
        schedule_name=f"{options.prefix}-jobs",
        description="Does what is due: imports and acts that go on by themselves",
        schedule=scheduler.ScheduleExpression.rate(Duration.minutes(1)),
        target=targets.LambdaInvoke(function, retry_attempts=0),
    )


def _distribution(
    stack: Stack, options: Options, functions: dict[str, lambda_.Function]
) -> cloudfront.Distribution:
    secret = _origin_secret(stack, options)
    web, form = (_origin(functions[part], secret) for part in ("web", "form"))
    edge = _viewer_request(stack, options)
    staff = _origin_request_policy(
        stack, options, "Staff", cloudfront.OriginRequestCookieBehavior.all()
    )
    public = _origin_request_policy(
        stack, options, "Public", cloudfront.OriginRequestCookieBehavior.none()
    )
    return cloudfront.Distribution(
        stack,
        "Distribution",
        comment=options.prefix,
        default_behavior=_behavior(web, staff, edge),
        additional_behaviors={
            f"{paths.FORM}*": _behavior(form, public, edge),
            f"{paths.STATIC}*": static_files.behavior(stack, options),
        },
        domain_names=[options.domain] if options.domain else None,
        certificate=acm.Certificate.from_certificate_arn(stack, "Certificate", options.certificate)
        if options.certificate
        else None,
        error_responses=[
            cloudfront.ErrorResponse(http_status=status, ttl=Duration.seconds(0))
            for status in ERRORS
        ],
        http_version=cloudfront.HttpVersion.HTTP2_AND_3,
        price_class=cloudfront.PriceClass.PRICE_CLASS_100,
    )


def _behavior(
    origin: cloudfront.IOrigin,
    passing_on: cloudfront.IOriginRequestPolicy,
    edge: cloudfront.FunctionAssociation,
) -> cloudfront.BehaviorOptions:
    return cloudfront.BehaviorOptions(
        origin=origin,
        allowed_methods=cloudfront.AllowedMethods.ALLOW_ALL,
        cache_policy=cloudfront.CachePolicy.CACHING_DISABLED,
        compress=True,
        function_associations=[edge],
        origin_request_policy=passing_on,
        viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
    )


def _origin(function: lambda_.Function, secret: str) -> cloudfront.IOrigin:
    url = function.add_function_url(auth_type=lambda_.FunctionUrlAuthType.NONE)
    return origins.FunctionUrlOrigin(
        url,
        custom_headers={ORIGIN_HEADER: secret},
        read_timeout=Duration.seconds(ORIGIN_SECONDS),
    )


def _origin_secret(stack: Stack, options: Options) -> str:
    # A parameter of this type is looked up again by every deployment; a dynamic reference only
    # by one that changes the template, and then a new secret would not reach CloudFront.
    parameter = CfnParameter(
        stack,
        "OriginSecret",
        type="AWS::SSM::Parameter::Value<String>",
        default=naming.origin_secret_parameter(options),
        no_echo=True,
    )
    return parameter.value_as_string


def _viewer_request(stack: Stack, options: Options) -> cloudfront.FunctionAssociation:
    function = cloudfront.Function(
        stack,
        "ViewerHost",
        function_name=naming.of_account(options, "viewer-host"),
        comment="Tells the origin the viewer's Host and address",
        code=cloudfront.FunctionCode.from_file(file_path=str(VIEWER_REQUEST)),
        runtime=cloudfront.FunctionRuntime.JS_2_0,
    )
    return cloudfront.FunctionAssociation(
        event_type=cloudfront.FunctionEventType.VIEWER_REQUEST, function=function
    )


def _origin_request_policy(
    stack: Stack, options: Options, name: str, cookies: cloudfront.OriginRequestCookieBehavior
) -> cloudfront.OriginRequestPolicy:
    """Say what goes on to the origin: everything but the Host, and ``cookies``."""
    return cloudfront.OriginRequestPolicy(
        stack,
        name,
        origin_request_policy_name=naming.of_account(options, name.lower()),
        cookie_behavior=cookies,
        header_behavior=cloudfront.OriginRequestHeaderBehavior.deny_list("Host"),
        query_string_behavior=cloudfront.OriginRequestQueryStringBehavior.all(),
    )
