"""The AWS side, proved without an AWS account."""
