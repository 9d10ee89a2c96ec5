"""Static files on their way into the bucket that CloudFront reads."""

from pathlib import Path
from typing import TYPE_CHECKING

from whitenoise.media_types import MediaTypes

from crm import paths

if TYPE_CHECKING:
    from types_boto3_s3.client import S3Client

# What WhiteNoise says of a name that changes with its contents.
FOREVER = "max-age=315360000, public, immutable"
FOR_A_WHILE = f"max-age={paths.EMBED_SCRIPT_SECONDS}, public"
EMBED_SCRIPT = paths.EMBED_SCRIPT.removeprefix("/")


def upload(s3: "S3Client", bucket: str, folder: Path) -> int:
    """Put the files of a folder that a bucket lacks, and return how many.

    The one that other sites name is put each time. The other names change with what they hold,
    and those of earlier deployments stay: pages that are still open name them, and whoever
    rolls back needs them.
    """
    files = {_key(folder, path): path for path in folder.rglob("*") if path.is_file()}
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    there = {found["Key"] for page in pages for found in page.get("Contents", [])}
    missing = sorted(files.keys() - there - {EMBED_SCRIPT})
    for key in [*missing, *(files.keys() & {EMBED_SCRIPT})]:
        s3.put_object(
            Bucket=bucket,
            Key=key,
            Body=files[key].read_bytes(),
            ContentType=content_type(key),
            CacheControl=FOR_A_WHILE if key == EMBED_SCRIPT else FOREVER,
        )
    return len(missing)


def content_type(name: str) -> str:
    """Return what WhiteNoise sends elsewhere for a file of that name."""
    found = MediaTypes().get_type(name)
    return f"{found}; charset=utf-8" if found.startswith("text/") else found


def _key(folder: Path, path: Path) -> str:
    """Name a file in the bucket as its address does."""
    return f"{paths.STATIC}{path.relative_to(folder).as_posix()}".removeprefix("/")
