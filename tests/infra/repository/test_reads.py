from tests.repository.test_reads import *  # noqa: F403 - the same tests, other fixtures
