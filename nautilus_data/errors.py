"""Errors, split by what the caller does about them.

DashboardError
├── RetryableError    try again, after `retry_after` seconds where known
│   └── DisconnectedError   nothing is wrong with what was asked: wait until the connection is back
├── SkippableError    this one thing will never work; go on with the rest
├── RefusedError      who asks is not known, or what they gave is not right
│   └── ForbiddenError      who asks is known, and may not do this
└── FatalError        stop and tell the person
    └── ConfigError   a setting is wrong: exit code 2
"""


class DashboardError(Exception):
    """Anything this project raises on purpose; the message says what to do."""


class RetryableError(DashboardError):
    """It may work later."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class DisconnectedError(RetryableError):
    """The other side can't be reached now; work waits for it and goes on by itself."""


class SkippableError(DashboardError):
    """It will not work for this item; others are unaffected."""


class RefusedError(DashboardError):
    """Not let in; where trying again soon is refused too, `retry_after` says how many seconds to wait."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class ForbiddenError(RefusedError):
    """The role of who asks does not allow it."""


class FatalError(DashboardError):
    """It will not work until a person changes something."""


class ConfigError(FatalError):
    """A setting is wrong or contradicts another; nothing was started."""
