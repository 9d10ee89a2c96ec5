from tests.contract.test_imports import *  # noqa: F403 - the same tests, other fixtures
