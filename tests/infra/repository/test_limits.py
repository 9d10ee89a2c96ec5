from tests.repository.test_limits import *  # noqa: F403 - the same tests, other fixtures
