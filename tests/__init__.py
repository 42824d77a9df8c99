"""The tests: the tree mirrors the code; `process` starts real servers, `e2e` real browsers."""
