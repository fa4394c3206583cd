from __future__ import annotations

from decimal import Decimal

from nautilus_data.core.timerange import to_ns
from nautilus_data.services.filings.insiders import balance, with_amended
from tests.company_facts import trade, trades_of


def test_the_balance_is_of_purchases_and_sales_in_the_open_market() -> None:
    trades = trades_of(
        trade("2023-05-01", "P", 100, "10.5"), trade("2023-06-01", "S", 50, 11), trade("2023-06-02", "A", 999, 10),
        trade("2023-06-03", "S", 10, "", "3"), trade("2023-07-01", "S", 1, 1),
        trade("2023-07-02", "P", 5, 5, is_derivative=True),
    )  # fmt: skip
    rows = balance(with_amended(trades)).to_dict("records")
    assert [row["quarter"] for row in rows] == ["2023Q2", "2023Q3"]
    first = rows[0]
    assert (first["buys"], first["sells"], first["unpriced"]) == (1, 2, 1)
    assert (first["bought"], first["sold"], first["net"]) == (Decimal(1050), Decimal(550), Decimal(500))
    assert rows[1]["net"] == Decimal(-1)


def test_a_report_that_was_corrected_counts_no_more() -> None:
    first = trade("2023-05-01", "P", 100, 10, filed="2023-05-02")
    later = trade("2023-05-01", "P", 90, 10, filed="2023-05-20", form="4/A", accession="fix")
    frame = trades_of(first, later)
    frame.loc[frame["accession"] == "fix", "amends"] = to_ns("2023-05-02")
    told = with_amended(frame)
    assert told.set_index("form")["is_amended"].to_dict() == {"4": True, "4/A": False}
    assert balance(told)["bought"].tolist() == [Decimal(900)]


def test_without_trades_there_is_no_balance() -> None:
    assert balance(with_amended(trades_of())).empty
