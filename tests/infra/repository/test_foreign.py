from tests.repository.test_foreign import *  # noqa: F403 - the same tests, other fixtures
