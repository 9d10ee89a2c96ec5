from tests.imports.test_contract import *  # noqa: F403 - the same tests, other fixtures
