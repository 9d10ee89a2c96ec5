from tests.repository.test_once import *  # noqa: F403 - the same tests, other fixtures
