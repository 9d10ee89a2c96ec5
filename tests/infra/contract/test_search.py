from tests.contract.test_search import *  # noqa: F403 - the same tests, other fixtures
