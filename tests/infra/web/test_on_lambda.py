"""The web stack on Lambda: who gets in, where a request goes, what is kept, what it costs."""

import ast
import json
from pathlib import Path

import pytest

from crm.jobs.running import MOST_SECONDS
from crm.jobs.stepping import GO_ON_SECONDS
from infra.hosts import functions
from infra.options import Host, Options
from tests import ROOT
from tests.infra.web.written import CERTIFICATE, REGION, Template, variables, written

NOT_CACHED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"  # AWS's own policy CachingDisabled
CACHED = "658327ea-f89d-4fab-a63d-7e88639e58f6"  # AWS's own policy CachingOptimized

# Each is billed by the request or not at all; the schedule makes one each minute.
FREE_WHILE_IDLE = {
    "AWS::CloudFront::Distribution",
    "AWS::CloudFront::Function",
    "AWS::CloudFront::OriginAccessControl",
    "AWS::CloudFront::OriginRequestPolicy",
    "AWS::CloudFront::ResponseHeadersPolicy",
    "AWS::IAM::Policy",
    "AWS::IAM::Role",
    "AWS::Lambda::Function",
    "AWS::Lambda::Permission",
    "AWS::Lambda::Url",
    "AWS::Logs::LogGroup",
    "AWS::S3::BucketPolicy",
    "AWS::SSM::Parameter",
    "AWS::Scheduler::Schedule",
}


def test_nothing_is_billed_while_nobody_asks(on_lambda: Template) -> None:
    kinds = {resource["Type"] for resource in on_lambda.resources.values()}
    assert kinds <= FREE_WHILE_IDLE
    assert "ProvisionedConcurrency" not in on_lambda.text
    assert "WebACL" not in on_lambda.text


def test_there_is_no_way_in_that_is_not_asked_for_the_secret(on_lambda: Template) -> None:
    urls = on_lambda.properties("AWS::Lambda::Url").values()
    for url in urls:
        function = on_lambda.resources[url["TargetFunctionArn"]["Fn::GetAtt"][0]]["Properties"]
        settings = function["Environment"]["Variables"]
        assert settings["ORIGIN_SECRET_PARAMETER"] == "/leadbook/production/origin-secret"
    origins = on_lambda.functions_origins
    assert len(origins) == len(urls) == 2
    for origin in origins:
        secret = {"HeaderName": "X-Origin-Secret", "HeaderValue": {"Ref": "OriginSecret"}}
        assert origin["OriginCustomHeaders"] == [secret]
        assert origin["CustomOriginConfig"]["OriginProtocolPolicy"] == "https-only"


def test_what_is_due_is_done_each_minute_by_a_function_without_an_address(
    on_lambda: Template,
) -> None:
    schedule = on_lambda.only("AWS::Scheduler::Schedule")
    assert schedule["ScheduleExpression"] == "rate(1 minute)"
    assert schedule["Target"]["RetryPolicy"]["MaximumRetryAttempts"] == 0
    name = schedule["Target"]["Arn"]["Fn::GetAtt"][0]
    assert on_lambda.resources[name]["Properties"] == on_lambda.function("jobs")
    urls = on_lambda.properties("AWS::Lambda::Url").values()
    assert name not in {url["TargetFunctionArn"]["Fn::GetAtt"][0] for url in urls}
    jobs, web = on_lambda.function("jobs"), on_lambda.function("web")
    assert (jobs["Role"], jobs["Environment"]) == (web["Role"], web["Environment"])
    assert jobs["Timeout"] >= MOST_SECONDS + GO_ON_SECONDS


def test_cloudfront_learns_the_secret_anew_with_every_deployment(on_lambda: Template) -> None:
    parameter = on_lambda.parameters["OriginSecret"]
    assert parameter["Type"] == "AWS::SSM::Parameter::Value<String>"
    assert parameter["Default"] == "/leadbook/production/origin-secret"
    assert parameter["NoEcho"] is True
    # The CDK deploys a template that has not changed only if such a parameter does not say so.
    assert "cdk:skip" not in parameter.get("Description", "")


def test_anybody_may_call_a_function_by_its_address_only(on_lambda: Template) -> None:
    for permission in on_lambda.properties("AWS::Lambda::Permission").values():
        by_url = permission.get("FunctionUrlAuthType") or permission.get("InvokedViaFunctionUrl")
        assert by_url


@pytest.mark.parametrize(
    ("path", "part", "cookies"), [(None, "web", "all"), ("/contact/*", "form", "none")]
)
def test_where_a_request_goes(
    on_lambda: Template, path: str | None, part: str, cookies: str
) -> None:
    """Every header but the Host goes on, X-Board-Tag too; If-None-Match only if AWS likes."""
    behavior = on_lambda.behavior(path)
    (origin,) = [
        origin
        for origin in on_lambda.distribution["Origins"]
        if origin["Id"] == behavior["TargetOriginId"]
    ]
    url = origin["DomainName"]["Fn::Select"][1]["Fn::Split"][1]["Fn::GetAtt"][0]
    function = on_lambda.resources[url]["Properties"]["TargetFunctionArn"]["Fn::GetAtt"][0]
    assert on_lambda.resources[function]["Properties"] == on_lambda.function(part)
    policy = on_lambda.passing_on(behavior)
    assert policy["CookiesConfig"]["CookieBehavior"] == cookies
    assert policy["HeadersConfig"] == {"HeaderBehavior": "allExcept", "Headers": ["Host"]}
    assert policy["QueryStringsConfig"]["QueryStringBehavior"] == "all"
    assert behavior["CachePolicyId"] == NOT_CACHED
    assert behavior["ViewerProtocolPolicy"] == "redirect-to-https"
    assert "POST" in behavior["AllowedMethods"]
    (edge,) = behavior["FunctionAssociations"]
    assert edge["EventType"] == "viewer-request"


def test_no_refusal_is_kept_for_the_next_person(on_lambda: Template) -> None:
    kept = {
        response["ErrorCode"]: response["ErrorCachingMinTTL"]
        for response in on_lambda.distribution["CustomErrorResponses"]
    }
    # Those that CloudFront keeps by itself.
    caching = {400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504}
    assert kept == dict.fromkeys(caching, 0)
    assert "ResponsePagePath" not in on_lambda.text


def test_the_headers_of_pages_are_the_application_s(on_lambda: Template) -> None:
    for path in (None, "/contact/*"):
        assert "ResponseHeadersPolicyId" not in on_lambda.behavior(path)


def test_a_function_ends_before_cloudfront_stops_waiting(on_lambda: Template) -> None:
    (waits,) = {
        origin["CustomOriginConfig"]["OriginReadTimeout"] for origin in on_lambda.functions_origins
    }
    assert {on_lambda.function(part)["Timeout"] for part in ("web", "form")} == {waits - 1}


def test_lines_of_the_log_stay_as_they_are(on_lambda: Template) -> None:
    for part in ("web", "form"):
        logging = on_lambda.function(part)["LoggingConfig"]
        assert logging["LogFormat"] == "Text"
        group = on_lambda.resources[logging["LogGroup"]["Ref"]]
        assert group["Properties"]["LogGroupName"] == f"/leadbook/production/{part}"


def test_the_package_is_uploaded_as_it_is(on_lambda: Template, package: Path) -> None:
    manifest = json.loads(
        on_lambda.path.with_name("Leadbook-production-Web.assets.json").read_text(encoding="utf-8")
    )
    (source,) = [
        asset["source"]
        for asset in manifest["files"].values()
        if asset["source"]["packaging"] == "zip"
    ]
    folder = on_lambda.path.parent / source["path"]
    wanted = {path.relative_to(package): path.read_bytes() for path in package.iterdir()}
    assert {path.relative_to(folder): path.read_bytes() for path in folder.iterdir()} == wanted


def test_the_handler_is_where_lambda_looks_for_it(on_lambda: Template) -> None:
    handlers = {"web": functions.HANDLER, "form": functions.HANDLER, "jobs": functions.JOBS_HANDLER}
    for part, handler in handlers.items():
        assert on_lambda.function(part)["Handler"] == handler
        assert on_lambda.function(part)["Runtime"] == "python3.13"
        module, _, name = handler.rpartition(".")
        source = (ROOT / f"{module.replace('.', '/')}.py").read_text(encoding="utf-8")
        assert name in _names(ast.parse(source))


def _names(module: ast.Module) -> set[str]:
    assigned = [node for node in module.body if isinstance(node, ast.Assign)]
    targets = [target for node in assigned for target in node.targets]
    names = {target.id for target in targets if isinstance(target, ast.Name)}
    return names | {node.name for node in module.body if isinstance(node, ast.FunctionDef)}


def test_a_stage_can_stand_in_two_regions(on_lambda: Template) -> None:
    policies = on_lambda.properties("AWS::CloudFront::OriginRequestPolicy").values()
    names = [policy["OriginRequestPolicyConfig"]["Name"] for policy in policies]
    names.append(on_lambda.only("AWS::CloudFront::Function")["Name"])
    for kind in ("OriginAccessControl", "ResponseHeadersPolicy"):
        properties = on_lambda.only(f"AWS::CloudFront::{kind}")
        names.append(properties[f"{kind}Config"]["Name"])
    assert len(names) == 5
    for name in names:
        # CloudFront has no regions, and one name for each account.
        assert REGION in name
        assert len(name) <= 64


def test_a_domain_of_one_s_own(with_domain: Template) -> None:
    distribution = with_domain.distribution
    assert distribution["Aliases"] == ["crm.example.com"]
    certificate = distribution["ViewerCertificate"]
    assert certificate["AcmCertificateArn"] == CERTIFICATE
    assert certificate["MinimumProtocolVersion"] >= "TLSv1.2_2021"
    given = variables(with_domain, Host.LAMBDA)
    assert (given["ALLOWED_HOSTS"], given["PHONE_REGION"]) == ("crm.example.com", "GB")
    assert given["INBOUND_ADDRESS"] == "reply@in.example.com"
    told = {name: value for name, value in given.items() if name.startswith("INTAKE")}
    assert told == {"INTAKE_TOTAL": "0", "INTAKE_TRUSTED": "203.0.113.16/28"}
    assert (given["EMAIL_HOST"], given["DEFAULT_FROM_EMAIL"]) == (
        "smtp.example.com",
        "crm@example.com",
    )
    assert given["EMAIL_HOST_PASSWORD_PARAMETER"] == "/leadbook/dev/email-password"
    form = with_domain.function("form")["Environment"]["Variables"]
    # Its role cannot read it, and it sends no mail.
    assert "EMAIL_HOST_PASSWORD_PARAMETER" not in form
    # What is due sends most of it.
    jobs = with_domain.function("jobs")["Environment"]["Variables"]
    assert jobs == given
    assert {"EMAIL_HOST_USER", "NEWS_MAIL", "PUBLIC_URL", "INBOUND_ADDRESS"} <= jobs.keys()
    assert with_domain.outputs["Url"]["Value"] == "https://crm.example.com"
    assert with_domain.outputs["Domain"]["Value"] == "crm.example.com"
    assert "CloudFrontName" in with_domain.outputs


def test_amazon_ses_is_a_setting_of_what_sends(package: Path, tmp_path: Path) -> None:
    options = Options(
        "dev",
        REGION,
        "ops@example.com",
        email_service="amazon_ses",
        default_from_email="crm@example.com",
    )
    template = written(options, package, tmp_path)
    for part in ("web", "jobs"):
        given = template.function(part)["Environment"]["Variables"]
        assert (given["EMAIL_SERVICE"], given["DEFAULT_FROM_EMAIL"]) == (
            "amazon_ses",
            "crm@example.com",
        )
        assert not [name for name in given if "PASSWORD" in name]
