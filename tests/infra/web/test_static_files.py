"""Static files on Lambda: a private bucket that CloudFront alone reads, as they are elsewhere."""

from collections.abc import Callable
from pathlib import Path

import pytest
from aws_cdk import App
from aws_cdk.assertions import Template as Asserted
from django.conf import LazySettings
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.test import Client

from crm import paths
from infra import upload
from infra.options import Host, Options
from infra.stacks.static import Static
from tests.infra.web.written import REGION, Template

CACHED = "658327ea-f89d-4fab-a63d-7e88639e58f6"  # AWS's own policy CachingOptimized
# S3 and CloudFront tell of the body themselves, and what a process says of itself, none says.
OTHERS = {"content-length", "etag", "last-modified", "server-timing", "vary", "x-request-id"}


@pytest.fixture(scope="module")
def bucket() -> dict[str, object]:
    """Return the properties of the bucket."""
    app = App(analytics_reporting=False)
    stack = Static(app, Options("production", REGION, "ops@example.com"))
    (found,) = Asserted.from_stack(stack).find_resources("AWS::S3::Bucket").values()
    assert found["DeletionPolicy"] == found["UpdateReplacePolicy"] == "Delete"
    properties: dict[str, object] = found["Properties"]
    return properties


@pytest.fixture
def served(settings: LazySettings, tmp_path: Path) -> dict[str, str]:
    """Return the headers of a static file as production on another host sends it."""
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    }
    settings.WHITENOISE_USE_FINDERS = settings.WHITENOISE_AUTOREFRESH = False
    settings.WHITENOISE_MAX_AGE = paths.EMBED_SCRIPT_SECONDS
    settings.SECURE_HSTS_SECONDS = 365 * 24 * 3600
    call_command("collectstatic", interactive=False, verbosity=0)
    (name,) = [path.name for path in tmp_path.glob("app.*.css")]
    answer = Client().get(f"/static/{name}", secure=True)
    answer.close()
    assert answer.status_code == 200
    return {name.lower(): value.replace('"', "") for name, value in answer.items()}


def test_nobody_but_this_distribution_reads_the_bucket(
    bucket: dict[str, object], on_lambda: Template
) -> None:
    assert bucket["PublicAccessBlockConfiguration"] == dict.fromkeys(
        ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), True
    )
    assert "WebsiteConfiguration" not in bucket
    policy = on_lambda.only("AWS::S3::BucketPolicy")
    assert policy["Bucket"] == bucket["BucketName"]
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "cloudfront.amazonaws.com"}
    assert statement["Action"] == "s3:GetObject"
    *_, files = statement["Resource"]["Fn::Join"][1]
    assert files == f"-{REGION}/static/*"
    *_, distribution = statement["Condition"]["StringEquals"]["AWS:SourceArn"]["Fn::Join"][1]
    (name,) = on_lambda.properties("AWS::CloudFront::Distribution")
    assert distribution == {"Ref": name}


def test_a_static_file_asks_no_function(on_lambda: Template) -> None:
    behavior = on_lambda.behavior("/static/*")
    (origin,) = [
        one for one in on_lambda.distribution["Origins"] if one["Id"] == behavior["TargetOriginId"]
    ]
    assert "CustomOriginConfig" not in origin
    (control,) = on_lambda.properties("AWS::CloudFront::OriginAccessControl")
    assert origin["OriginAccessControlId"] == {"Fn::GetAtt": [control, "Id"]}
    config = on_lambda.only("AWS::CloudFront::OriginAccessControl")["OriginAccessControlConfig"]
    assert (config["SigningBehavior"], config["SigningProtocol"]) == ("always", "sigv4")
    assert "OriginCustomHeaders" not in origin
    assert "FunctionAssociations" not in behavior
    assert "OriginRequestPolicyId" not in behavior
    assert behavior["CachePolicyId"] == CACHED
    assert behavior["Compress"] is True
    assert behavior["ViewerProtocolPolicy"] == "redirect-to-https"
    assert "POST" not in behavior.get("AllowedMethods", [])


def test_a_static_file_has_the_headers_that_it_has_elsewhere(
    on_lambda: Template, served: dict[str, str]
) -> None:
    config = on_lambda.only("AWS::CloudFront::ResponseHeadersPolicy")["ResponseHeadersPolicyConfig"]
    security = config["SecurityHeadersConfig"]
    given = {
        item["Header"].lower(): item["Value"] for item in config["CustomHeadersConfig"]["Items"]
    }
    given |= {
        "content-security-policy": security["ContentSecurityPolicy"]["ContentSecurityPolicy"],
        "referrer-policy": security["ReferrerPolicy"]["ReferrerPolicy"],
        "strict-transport-security": "max-age={AccessControlMaxAgeSec}".format_map(
            security["StrictTransportSecurity"]
        ),
        "x-content-type-options": "nosniff" if security["ContentTypeOptions"] else "",
        "x-frame-options": security["FrameOptions"]["FrameOption"],
        "cache-control": upload.FOREVER,
        "content-type": upload.content_type("app.css"),
    }
    assert given == {name: value for name, value in served.items() if name not in OTHERS}


@pytest.mark.usefixtures("served")
def test_the_script_that_other_sites_name_is_kept_for_minutes() -> None:
    answer = Client().get(paths.EMBED_SCRIPT, secure=True)
    answer.close()
    assert answer["Cache-Control"] == upload.FOR_A_WHILE


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("board.0123456789ab.js", "text/javascript; charset=utf-8"),
        ("app.0123456789ab.css", "text/css; charset=utf-8"),
        ("favicon.0123456789ab.svg", "image/svg+xml"),
    ],
)
def test_content_types_are_those_that_cloudfront_compresses(name: str, kind: str) -> None:
    assert upload.content_type(name) == kind


def test_every_kind_of_static_file_is_known() -> None:
    names = [path for finder in finders.get_finders() for path, _ in finder.list([])]
    assert names
    assert "application/octet-stream" not in {upload.content_type(name) for name in names}


def test_other_hosts_have_no_bucket(web_on: Callable[[Host], Template]) -> None:
    for host in (Host.EXPRESS, Host.APPRUNNER):
        assert "AWS::S3::BucketPolicy" not in web_on(host).text
