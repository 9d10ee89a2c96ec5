from tests.repository.test_derived_writes import *  # noqa: F403 - the same tests, other fixtures
