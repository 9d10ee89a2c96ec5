"""The bucket of the static files: there before anything names one of them."""

from aws_cdk import Aws, Environment, RemovalPolicy, Stack
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra import naming
from infra.options import Options


class Static(Stack):
    """A private bucket; docs/adr/0046 tells why it is a stack, and who fills it.

    What it holds can be made anew from the repository, so it goes with its stage, once it is
    empty.
    """

    def __init__(self, scope: Construct, options: Options) -> None:
        name = naming.stack(options, "Static")
        super().__init__(scope, name, env=Environment(region=options.region))
        s3.Bucket(
            self,
            "Files",
            bucket_name=naming.static_bucket(options, Aws.ACCOUNT_ID),
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            # A key of KMS would have to be shared with CloudFront, for what everybody may read.
            encryption=s3.BucketEncryption.S3_MANAGED,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            removal_policy=RemovalPolicy.DESTROY,
        )
