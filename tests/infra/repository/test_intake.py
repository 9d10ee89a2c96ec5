from tests.repository.test_intake import *  # noqa: F403 - the same tests, other fixtures
