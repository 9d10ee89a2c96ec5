from tests.repository.test_costs import *  # noqa: F403 - the same tests, other fixtures
