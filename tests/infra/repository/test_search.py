from tests.repository.test_search import *  # noqa: F403 - the same tests, other fixtures
