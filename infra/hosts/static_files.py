"""Static files on Lambda: CloudFront reads them from a bucket, and no function is asked.

docs/adr/0046 has the reasons. Answers carry what WhiteNoise and the middleware send elsewhere.
"""

from aws_cdk import Aws, Duration, Fn, Stack
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_s3 as s3

from crm import paths
from infra import naming
from infra.options import Options

CONTENT_SECURITY_POLICY = (
    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
    "object-src 'none'"
)
PERMISSIONS_POLICY = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
HSTS = Duration.days(365)


def behavior(stack: Stack, options: Options) -> cloudfront.BehaviorOptions:
    """Return how CloudFront answers ``/static/*``: from the bucket, and from what it keeps."""
    return cloudfront.BehaviorOptions(
        origin=_origin(stack, options),
        cache_policy=cloudfront.CachePolicy.CACHING_OPTIMIZED,
        compress=True,
        response_headers_policy=_headers(stack, options),
        viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
    )


def allow(stack: Stack, options: Options, distribution_id: str) -> None:
    """Let the distribution, and nobody else, read the files."""
    bucket = naming.static_bucket(options, Aws.ACCOUNT_ID)
    distribution = Fn.join(
        "",
        [f"arn:{Aws.PARTITION}:cloudfront::{Aws.ACCOUNT_ID}:distribution/", distribution_id],
    )
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "cloudfront.amazonaws.com"},
        "Action": "s3:GetObject",
        "Resource": f"arn:{Aws.PARTITION}:s3:::{bucket}{paths.STATIC}*",
        "Condition": {"StringEquals": {"AWS:SourceArn": distribution}},
    }
    document = {"Version": "2012-10-17", "Statement": [statement]}
    s3.CfnBucketPolicy(stack, "StaticFilesReader", bucket=bucket, policy_document=document)


def _origin(stack: Stack, options: Options) -> cloudfront.IOrigin:
    name = naming.static_bucket(options, Aws.ACCOUNT_ID)
    bucket = s3.Bucket.from_bucket_name(stack, "StaticFiles", name)
    control = cloudfront.S3OriginAccessControl(
        stack,
        "StaticFilesAccess",
        origin_access_control_name=naming.of_account(options, "static"),
    )
    return origins.S3BucketOrigin.with_origin_access_control(bucket, origin_access_control=control)


def _headers(stack: Stack, options: Options) -> cloudfront.ResponseHeadersPolicy:
    return cloudfront.ResponseHeadersPolicy(
        stack,
        "StaticFilesHeaders",
        response_headers_policy_name=naming.of_account(options, "static"),
        security_headers_behavior=cloudfront.ResponseSecurityHeadersBehavior(
            content_security_policy=cloudfront.ResponseHeadersContentSecurityPolicy(
                content_security_policy=CONTENT_SECURITY_POLICY, override=True
            ),
            content_type_options=cloudfront.ResponseHeadersContentTypeOptions(override=True),
            frame_options=cloudfront.ResponseHeadersFrameOptions(
                frame_option=cloudfront.HeadersFrameOption.DENY, override=True
            ),
            referrer_policy=cloudfront.ResponseHeadersReferrerPolicy(
                referrer_policy=cloudfront.HeadersReferrerPolicy.SAME_ORIGIN, override=True
            ),
            strict_transport_security=cloudfront.ResponseHeadersStrictTransportSecurity(
                access_control_max_age=HSTS, override=True
            ),
        ),
        custom_headers_behavior=cloudfront.ResponseCustomHeadersBehavior(
            custom_headers=[
                cloudfront.ResponseCustomHeader(header=name, value=value, override=True)
                for name, value in (
                    ("Cross-Origin-Opener-Policy", "same-origin"),
                    ("Permissions-Policy", PERMISSIONS_POLICY),
                )
            ]
        ),
    )
