"""The stage of the stories, and the order that keeps them together."""

from collections.abc import Iterator

import pytest

from tests.faults.stage import Stage


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the stories together wherever the shuffle put the first one: they share the machine."""
    stories = [item for item in items if _is_story(item)]
    if stories:
        at = items.index(stories[0])
        before = [item for item in items[:at] if not _is_story(item)]
        after = [item for item in items[at:] if not _is_story(item)]
        items[:] = [*before, *stories, *after]


@pytest.fixture(scope="package")
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    """Tell every story that was selected."""
    stage = Stage(
        (str(item.callspec.params["lane"]), vars(item.function)["story"])
        for item in request.session.items
        if isinstance(item, pytest.Function) and _is_story(item)
    )
    stage.start()
    yield stage
    stage.join()


def _is_story(item: pytest.Item) -> bool:
    return "story" in getattr(getattr(item, "function", None), "__dict__", {})
