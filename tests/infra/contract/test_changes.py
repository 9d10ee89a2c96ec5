from tests.contract.test_changes import *  # noqa: F403 - the same tests, other fixtures
