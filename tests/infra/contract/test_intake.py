from tests.contract.test_intake import *  # noqa: F403 - the same tests, other fixtures
