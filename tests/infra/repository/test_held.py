from tests.repository.test_held import *  # noqa: F403 - the same tests, other fixtures
