from __future__ import annotations

from decimal import Decimal

from nautilus_data.core.dataset import HOLDINGS
from nautilus_data.core.timerange import to_ns
from nautilus_data.services.filings.portfolio import portfolio, quarters, reported
from tests.services.filings.seeded import holdings

JUNE, SEPTEMBER = to_ns("2023-06-30"), to_ns("2023-09-30")


def test_a_report_in_place_of_another_replaces_it_and_changes_are_by_the_quarter_before() -> None:
    frame = portfolio(holdings(), SEPTEMBER).set_index("issuer")
    assert frame["value"].to_dict() == {"ALPHA": Decimal(160), "GAMMA": Decimal(40)}
    assert frame.loc["ALPHA", ["before", "change"]].tolist() == [Decimal(1_000), Decimal(300)]
    assert frame.loc["GAMMA", ["before", "change"]].tolist() == [Decimal(0), Decimal(4)]
    assert frame["weight"].tolist() == [0.8, 0.2]


def test_before_the_correction_was_known_the_first_report_stands() -> None:
    known = holdings()
    known = known[known["ts_init"] <= to_ns("2023-12-01")]
    assert portfolio(known, SEPTEMBER).set_index("issuer")["value"]["ALPHA"] == Decimal(150)


def test_new_holdings_are_added_to_what_was_reported() -> None:
    frame = holdings()
    frame.loc[frame["amendment"] == "RESTATEMENT", "amendment"] = "NEW HOLDINGS"
    assert len(reported(frame, SEPTEMBER)) == 4
    assert portfolio(frame, SEPTEMBER).set_index("issuer")["value"]["ALPHA"] == Decimal(310)


def test_of_the_first_quarter_nobody_knows_what_changed() -> None:
    frame = portfolio(holdings(), JUNE)
    assert frame["change"].tolist() == [None, None] and frame["issuer"].tolist() == ["BETA", "ALPHA"]
    assert quarters(holdings()) == [SEPTEMBER, JUNE]
    assert portfolio(HOLDINGS.empty(), 0).empty and quarters(HOLDINGS.empty()) == []
