"""The tests of ``infra/costs``; not in ``tests/infra``, for they run without the AWS packages."""
