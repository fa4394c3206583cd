"""What an error code of the gateway means: https://interactivebrokers.github.io/tws-api/message_codes.html."""

from __future__ import annotations

import os
from enum import Enum

from nautilus_data.errors import DashboardError, FatalError, RetryableError, SkippableError

HISTORICAL_QUERY, HISTORICAL_NEWS = 162, 165
CLIENT_ID_TAKEN = 326
OUTAGE = frozenset({1100, 2110})
RESTORED_DATA_LOST, RESTORED = 1101, 1102
ASK_AGAIN = frozenset({10182, 10225})
FARM_BROKEN, FARM_OK, FARM_IDLE = frozenset({2103, 2105, 2157}), frozenset({2104, 2106, 2158}), frozenset({2107, 2108})
FARM_CONNECTING = frozenset({2119})
HISTORY_FARM = frozenset({2105, 2106, 2107})
BREAKS_CONNECTION = frozenset({502, 503, 504, 505, 506, 507, 508, 509, 1300})
DELAYED = frozenset({10167, 10090, 10091})
# What a farm is for, where a gateway does not name it.
_FARMS = {"market data": {2103, 2104, 2108, 2119}, "historical data": HISTORY_FARM, "definitions": {2157, 2158}}


class Verdict(Enum):
    """What to do about it."""

    INFO = "nothing went wrong"
    WAIT = "something is broken for now; requests may hang"
    RETRY = "try again later"
    NO_DATA = "an answer: there is nothing"
    SKIP = "this request will never work"
    FATAL = "the connection will not work until a person changes something"


_CODES = {
    Verdict.INFO: {1102, 202, 399, 10167, 300, 2100, 2150, *range(2158, 2177), *FARM_OK, *FARM_IDLE, *FARM_CONNECTING},
    Verdict.WAIT: {*OUTAGE, *FARM_BROKEN, *ASK_AGAIN, 1101},
    Verdict.RETRY: {100, 322, CLIENT_ID_TAKEN, 366, 502, 504, 507, 1300, 10197},
    Verdict.SKIP: {
        101, 103, 110, 200, 201, 203, 309, 310, 320, 321, 354, 430, 434, 10089, 10090, 10091, 10168, 10186, 10187,
        10276, 10285, 10299, 10314, 10339,
    },
    Verdict.FATAL: {503, 505, 506, 508, 509},
}  # fmt: skip
_BY_CODE = {code: verdict for verdict, codes in _CODES.items() for code in codes}
# 162 says everything from "nothing there" to "too fast"; first match counts.
_BY_TEXT = (
    ("pacing", Verdict.RETRY),
    ("no market data permissions", Verdict.SKIP),
    ("no data of type", Verdict.SKIP),
    ("no historical market data", Verdict.SKIP),
    ("no head time stamp", Verdict.SKIP),
    ("no data", Verdict.NO_DATA),
    ("time length exceed", Verdict.SKIP),
    ("greater than", Verdict.SKIP),
    ("starting time must occur before", Verdict.SKIP),
    ("invalid", Verdict.SKIP),
    ("not supported", Verdict.SKIP),
)
_HINTS = {
    100: "fewer requests are sent from now on",
    101: "cancel a live subscription first",
    200: "check symbol, exchange and currency",
    354: "it needs a market data subscription",
    366: "the query was cancelled",
    10089: "it needs a market data subscription",
    10186: "it needs a market data subscription",
    10197: "another login of this user gets the data: end that session",
}
_WAIT_S = {100: 1.0, 10197: 60.0}
PACING_WAIT_S = 60.0
# Another login of this user has the data; its code, 162, says it of anything.
_ELSEWHERE = "different ip address"


def judge(code: int, text: str) -> Verdict:
    """Sort a code; 162, 165 and 420 by their text, as the code alone says nothing."""
    lower = text.lower()
    if code == HISTORICAL_QUERY:
        return next((verdict for part, verdict in _BY_TEXT if part in lower), Verdict.RETRY)
    if code == HISTORICAL_NEWS:
        # How the query goes on, mostly; its answer still comes.
        return next((verdict for part, verdict in _BY_TEXT if part in lower), Verdict.INFO)
    if code == 420:
        return Verdict.RETRY if "pacing" in lower else Verdict.SKIP
    if 2100 <= code < 2200:
        return _BY_CODE.get(code, Verdict.INFO)
    # What is not known here must not be taken for an answer.
    return _BY_CODE.get(code, Verdict.RETRY)


def to_error(code: int, text: str, doing: str) -> DashboardError | None:
    """The error of a request; None when the code is no error."""
    hint = f": {_HINTS[code]}" if code in _HINTS else ""
    message = f"{doing}: Interactive Brokers says {one_line(text)!r} ({code}){hint}"
    match judge(code, text):
        case Verdict.RETRY | Verdict.WAIT:
            is_long = is_pacing(text) or _ELSEWHERE in text.lower()
            return RetryableError(message, PACING_WAIT_S if is_long else _WAIT_S.get(code))
        case Verdict.SKIP:
            return SkippableError(message)
        case Verdict.FATAL:
            return FatalError(message)
    return None


def no_connection(error: BaseException | None, address: str, within_s: float) -> DashboardError:
    """Why shaking hands with a gateway failed, and what to do."""
    if isinstance(error, TimeoutError):
        return RetryableError(
            f"the gateway at {address} does not answer within {within_s:g} s: is it logged in,"
            " does a question to accept the connection wait on its screen?"
        )
    if isinstance(error, OSError):
        # asyncio says that a call failed, and repeats the address.
        why = os.strerror(error.errno) if (error.errno or 0) > 0 else error
        return RetryableError(
            f"no gateway at {address} ({why}): start TWS or IB Gateway, enable its API, or correct IB_HOST and IB_PORT"
        )
    return RetryableError(f"what answers at {address} is no TWS or IB Gateway ({error!r}): correct IB_PORT")


def farm_state(code: int) -> str:
    """`ok`, `idle`, `connecting` or `broken`; '' when the code is about no data farm."""
    for state, codes in (
        ("broken", FARM_BROKEN),
        ("ok", FARM_OK),
        ("idle", FARM_IDLE),
        ("connecting", FARM_CONNECTING),
    ):
        if code in codes:
            return state
    return ""


def farm_name(code: int, text: str) -> str:
    """The farm a message is about, else what it is for: the same in each message about it."""
    told = text.rpartition(":")[2].strip() if ":" in text else ""
    return told or next(name for name, codes in _FARMS.items() if code in codes)


def is_pacing(text: str) -> bool:
    return "pacing" in text.lower()


def one_line(text: str) -> str:
    """What a gateway says, short enough to show."""
    return " ".join(text.split())[:300]
