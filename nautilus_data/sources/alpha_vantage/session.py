"""Session: Alpha Vantage's one endpoint, asked as every HTTP source is; it blocks, so a loop calls it in a thread."""

from __future__ import annotations

import re
from collections.abc import Callable

import httpx2

from nautilus_data.core.timerange import NS_PER_DAY
from nautilus_data.errors import DashboardError, RetryableError, SkippableError
from nautilus_data.sources.alpha_vantage.call import Call, Said
from nautilus_data.sources.alpha_vantage.document import NotInPlanError, judged, problem
from nautilus_data.transport import Access, Meter
from nautilus_data.transport.http import Http, Key

_ADDRESS, _PATH = "https://www.alphavantage.co", "/query"
# Kept with a cached answer, so that an old one is not taken for one of now.
_SAID_AT = "x-said-at"
# After a failure nobody knows the length of it is left alone: a minute, each time twice as long, half an hour at most.
_FIRST_REST_S, _LONGEST_REST_S = 60.0, 1_800.0
# So long a plan is not asked again for what it does not have.
_NOT_IN_PLAN_NS = NS_PER_DAY


class AlphaVantageApi:
    """`daily` is how many requests a day the plan has; a call leaves some of them for what is more urgent."""

    def __init__(self, access: Access, meter: Meter, clock: Callable[[], int], daily: int) -> None:
        self._meter, self._clock, self._daily = meter, clock, daily
        self._http = Http(
            access, meter, base_url=_ADDRESS, key=Key("apikey", access.api_key), check=self._problem,
            judge=self._judged, wire=_Stamped(clock), tries=2,
        )  # fmt: skip
        self._cache_s = access.cache_s
        self._key = re.compile(re.escape(access.api_key), re.IGNORECASE)
        self._failures = 0
        # Until when what is not in the plan is not asked for again, and what was said.
        self._not_in_plan: dict[str, tuple[int, str]] = {}

    def close(self) -> None:
        self._http.close()

    def fetch(self, call: Call) -> Said:
        """An answer with data in it, not older than the call lets it be."""
        until, why = self._not_in_plan.get(call.what, (0, ""))
        if until > self._clock():
            raise SkippableError(why)
        try:
            answer = self._http.fetch(
                _PATH, call.query, cache_s=min(call.age_s, self._longest_s(call)), keep=call.priority.kept(self._daily)
            )
        except NotInPlanError as error:
            self._not_in_plan[call.what] = self._clock() + _NOT_IN_PLAN_NS, str(error)
            raise
        except RetryableError as error:
            raise self._rested(error) from error
        self._failures = 0
        return Said(call=call, body=answer.content, said_at=int(answer.headers.get(_SAID_AT) or self._clock()))

    def _longest_s(self, call: Call) -> float:
        """The setting is about a day's data: what changes with a company's reports may be a week old."""
        return self._cache_s * max(1.0, call.age_s / 86_400)

    def _rested(self, error: RetryableError) -> RetryableError:
        """A failure that doesn't say how long it lasts would cost the day's requests, tried again and again."""
        if error.retry_after is not None:
            return error
        self._failures += 1
        rest_s = min(_LONGEST_REST_S, _FIRST_REST_S * 2 ** (self._failures - 1))
        self._meter.leave_alone(rest_s, str(error))
        return RetryableError(str(error), rest_s)

    def _problem(self, body: bytes) -> DashboardError | None:
        return self._without_key(problem(body, self._clock()))

    def _judged(self, status: int, body: bytes) -> DashboardError | None:
        return self._without_key(judged(status, body, self._clock()))

    def _without_key(self, error: DashboardError | None) -> DashboardError | None:
        """A service that writes the key in other letters tells it all the same."""
        if error is None or not self._key.pattern:
            return error
        text = self._key.sub("…", str(error))
        return RetryableError(text, error.retry_after) if isinstance(error, RetryableError) else type(error)(text)


class _Stamped(httpx2.HTTPTransport):
    """The wire; each answer carries when it was asked for."""

    def __init__(self, clock: Callable[[], int]) -> None:
        super().__init__()
        self._clock = clock

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        asked_at = self._clock()
        response = super().handle_request(request)
        response.headers[_SAID_AT] = str(asked_at)
        return response
