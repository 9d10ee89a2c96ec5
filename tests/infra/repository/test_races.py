from tests.repository.test_races import *  # noqa: F403 - the same tests, other fixtures
