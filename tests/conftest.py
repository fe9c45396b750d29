"""What all tests share: where corpora are, and settings of the property tests."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# The same examples on every machine, and no stop-watch: two test processes share two cores, and the first example of
# all waits for tables of characters to be built.
settings.register_profile(
    "populace", deadline=None, derandomize=True, max_examples=30, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("populace")

NO_CORPORA = "POPULACE_DATA is not set or not a folder: THIS TEST NEEDS REAL CORPORA AND DID NOT RUN"


@pytest.fixture(scope="session")
def corpora() -> Path:
    """Folder with corpora; the test is skipped, loudly, where there is none."""
    folder = Path(os.environ.get("POPULACE_DATA", ""))
    if not os.environ.get("POPULACE_DATA") or not folder.is_dir():
        pytest.skip(NO_CORPORA)
    return folder.absolute()


#: files that take minutes, of few tests: begun last, one process would wait for the other at the end
_LONG = ("test_control.py", "test_planted.py", "test_docs.py", "test_tuning.py", "test_demo.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first, in this order; the others as they were."""
    items.sort(key=lambda item: _LONG.index(item.path.name) if item.path.name in _LONG else len(_LONG))


def pytest_terminal_summary(terminalreporter) -> None:
    """Say at the very end when tests did not run for want of corpora."""
    skipped = [
        report for report in terminalreporter.stats.get("skipped", ()) if "POPULACE_DATA" in str(report.longrepr)
    ]
    if skipped:
        terminalreporter.write_sep(
            "!", f"{len(skipped)} tests need corpora and did not run: set POPULACE_DATA", red=True
        )
