from tests.repository.test_listing import *  # noqa: F403 - the same tests, other fixtures
