import pandas as pd
import pytest

from app.views import sources as views
from app.views import table

NOW = 1_795_000_000_000_000_000
ROW = {
    "name": "yahoo", "title": "Yahoo Finance", "is_enabled": True, "is_available": True, "reason": "", "state": "ok",
    "last_ok_at": NOW, "last_error": "HTTP 502", "last_error_at": NOW - 10**10, "latency_ms": 123.4, "priority": 1,
    "quota_limit": 60, "is_streaming": False, "capabilities": "bars 1d", "note": "",
}  # fmt: skip
QUOTA = {"limit": 60, "used": 50, "left": 10, "window_s": 601}
TOLD = {
    "state": "connected", "address": "127.0.0.1:4002", "client_id": 1, "client_ids": [1, 2, 3], "server_version": 178,
    "error": "", "outage": "", "farms": {"usfarm": "ok", "ushmds": "broken"}, "lines": 2, "calls_used": 3,
    "calls_left": 57, "connected_at": NOW, "reconnect_attempts": 0, "ts_updated": NOW, "is_fresh": True,
    "history": [{"at": NOW - 10**9, "state": "connecting", "reason": ""},
                {"at": NOW, "state": "connected", "reason": "x"}],
    "outages": [{"start": NOW - 10**10, "end": 0, "reason": "1100"}],
}  # fmt: skip


def entry(**changes: object) -> dict:
    rows = pd.DataFrame([ROW | changes])
    return views.entries(rows, {"yahoo": pd.DataFrame([QUOTA])}, "UTC")[0]


def test_a_source_tells_state_quota_and_its_last_error_with_the_time():
    told = entry()
    assert (told["tone"], told["can_up"], told["can_down"]) == ("ok", False, False)
    (quota,) = told["quotas"]
    assert (quota["title"], quota["words"], quota["tone"]) == ("50 used, 10 left", "of 60 in 10 min", "warn")
    facts = {fact[0]: fact[1:] for fact in told["facts"]}
    assert facts["Latency"][0] == "123 ms"
    assert facts["Last error"] == ["HTTP 502 (2026-11-18 11:06:30 UTC)", (NOW - 10**10) // 10**6, ""]
    assert facts["Last good"][1] == NOW // 10**6


def test_an_error_that_is_the_newest_word_is_marked():
    facts = {fact[0]: fact for fact in entry(last_error_at=NOW + 1, state="error")["facts"]}
    assert facts["Last error"][3] == "bad"


@pytest.mark.parametrize(
    ("changes", "tone"),
    [
        ({"state": "error"}, "bad"),
        ({"state": "not set up"}, "warn"),
        ({"state": "paused"}, "warn"),
        ({"state": "ok", "reason": "no key: set FRED_API_KEY"}, "warn"),
        ({"state": "not used"}, ""),
        ({"state": "switched off", "is_enabled": False, "reason": "switched off on /sources"}, ""),
        ({"state": "no worker"}, "bad"),
    ],
)
def test_a_tone_tells_whether_something_is_to_be_done(changes: dict, tone: str):
    assert entry(**changes)["tone"] == tone


def test_a_source_never_asked_says_so():
    facts = {fact[0]: fact[1] for fact in entry(last_ok_at=0, last_error_at=0, latency_ms=float("nan"))["facts"]}
    assert (facts["Last good"], facts["Last error"], facts["Latency"]) == ("not used yet", "none", table.UNKNOWN)
    facts = {fact[0]: fact[1] for fact in entry(last_ok_at=0, quota_limit=0)["facts"]}
    assert facts["Last good"] == "on this machine"


@pytest.mark.parametrize(
    ("name", "step", "order"), [("b", -1, "bac"), ("b", 1, "acb"), ("a", -1, "abc"), ("c", 1, "abc")]
)
def test_a_source_moves_a_place_and_not_over_the_edge(name: str, step: int, order: str):
    assert views.moved("abc", name, step) == list(order)


def test_a_connection_is_told_with_its_history_farms_and_outages():
    first, history, outages = views.connection(TOLD, "UTC")
    cards = {card.key: card for card in first.cards}
    assert (cards["state"].value, cards["state"].tone) == ("connected", "ok")
    assert cards["client"].note == "from 1 to 3 · server version 178"
    assert (cards["farms"].value, cards["farms"].tone) == ("1 of 2 up", "warn")
    assert [card.value for card in history.cards] == ["connected", "connecting"]
    assert (outages.cards[0].value, outages.cards[0].tone) == ("open", "bad")


def test_an_idle_farm_is_there_when_it_is_asked():
    told = TOLD | {"farms": {"usfarm": "ok", "eufarm": "idle"}}
    cards = {card.key: card for card in views.connection(told, "UTC")[0].cards}
    assert (cards["farms"].value, cards["farms"].tone, cards["farms"].note) == ("2 of 2 up", "", "eufarm: idle")


def test_a_gateway_that_is_cut_off_is_connected_and_no_good():
    told = TOLD | {"outage": "the gateway lost its connection to Interactive Brokers (1100)"}
    cards = {card.key: card for card in views.connection(told, "UTC")[0].cards}
    assert (cards["state"].value, cards["state"].tone) == ("connected, cut off", "bad")
    assert "(1100)" in cards["state"].note


def test_what_is_not_connected_has_no_client_id():
    told = TOLD | {"state": "disconnected", "client_id": None, "client_ids": [], "server_version": None}
    cards = {card.key: card for card in views.connection(told, "UTC")[0].cards}
    assert (cards["client"].value, cards["client"].note) == (table.UNKNOWN, "none while not connected")


def test_remarks_are_told_once_for_all_they_are_about():
    rows = [("A.X", "quotes", "gone"), ("B.X", "LAST", "gone"), ("C.X", "quotes", ""), ("D.X", "quotes", "unknown")]
    watches = pd.DataFrame(rows, columns=["instrument_id", "kind", "note"])
    assert views.remarks(watches) == "A.X quotes, B.X LAST: gone\nD.X quotes: unknown"
    assert views.remarks(watches.iloc[:0]) == ""


def test_a_worker_that_no_longer_tells_is_not_believed():
    cards = {card.key: card for card in views.connection(TOLD | {"is_fresh": False}, "UTC")[0].cards}
    assert (cards["state"].value, cards["state"].tone) == ("connected, not heard from", "bad")


def test_what_is_switched_off_is_no_alarm():
    off = TOLD | {"state": "switched off", "is_fresh": False, "ts_updated": 0}
    cards = {card.key: card for card in views.connection(off, "UTC")[0].cards}
    assert (cards["state"].value, cards["state"].tone, cards["calls"].value) == ("switched off", "", table.UNKNOWN)


def test_disagreements_can_be_ordered_by_how_far_they_are_apart():
    row = {"instrument_id": "A.NASDAQ", "timeframe": "1-DAY", "adjustment": "raw", "ts_event": NOW, "source_a": "yahoo",
           "source_b": "sample", "close_a": "100", "close_b": "99", "difference": -0.01}  # fmt: skip
    frame = views.disagreements(pd.DataFrame([row]))
    assert frame["apart"].tolist() == [0.01]
    assert table.render(frame, views.DISAGREEMENTS, table.Context())["Difference"].tolist() == ["-1.000 %"]
    assert len(views.disagreements(None)) == 0


def test_the_list_of_disagreements_says_what_it_covers():
    frame = pd.DataFrame({"x": [1]})
    frame.attrs.update(tolerance=0.001, total=500, is_complete=False)
    told = views.tolerance_words(frame)
    assert "more than 0.1 %" in told and "1 of 500 shown" in told and "still comparing" in told


def test_what_is_watched_is_listed_before_anything_came():
    watches = pd.DataFrame([("ib", "A.NASDAQ", "quotes", 1, "no worker tells of it")],
                           columns=["source", "instrument_id", "kind", "ts_asked", "note"])  # fmt: skip
    latest = pd.DataFrame(columns=["source", "instrument_id", "kind", "price", "bid", "ask", "volume", "is_delayed",
                                   "is_stale", "ts_event", "ts_received"])  # fmt: skip
    shown = table.render(views.watched(watches, latest), views.QUOTES, table.Context(now=NOW))
    assert views.remarks(views.watched(watches, latest)) == "A.NASDAQ quotes: no worker tells of it"
    assert shown["Price"].tolist() == [table.UNKNOWN] == shown["Age"].tolist()
    assert shown["Delay"].tolist() == [table.UNKNOWN]


def test_a_value_whose_source_is_gone_is_stale_and_not_live():
    row = {"source": "ib", "instrument_id": "A.NASDAQ", "kind": "quotes", "price": "1.5", "bid": None, "ask": None,
           "volume": None, "is_delayed": False, "is_stale": True, "ts_event": NOW, "ts_received": NOW}  # fmt: skip
    shown = [
        table.render(pd.DataFrame([row | {"is_stale": is_stale}]), views.QUOTES, table.Context(now=NOW))["Delay"][0]
        for is_stale in (True, False)
    ]
    assert shown == ["○ stale", "● live"]
