"""Documents: messages kept as the maps they are, with what is asked of them by name."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

from msgspec import Struct

# Execution reports alone say these as numbers.
_ENUMS: MappingProxyType[str, tuple[str, ...]] = MappingProxyType(
    {
        "order_side": ("NO_ORDER_SIDE", "BUY", "SELL"),
        "order_type": (
            "", "MARKET", "LIMIT", "STOP_MARKET", "STOP_LIMIT", "MARKET_TO_LIMIT", "MARKET_IF_TOUCHED",
            "LIMIT_IF_TOUCHED", "TRAILING_STOP_MARKET", "TRAILING_STOP_LIMIT",
        ),
        "time_in_force": ("", "GTC", "IOC", "FOK", "GTD", "DAY", "AT_THE_OPEN", "AT_THE_CLOSE"),
        "order_status": (
            "", "INITIALIZED", "DENIED", "EMULATED", "RELEASED", "SUBMITTED", "ACCEPTED", "REJECTED", "CANCELED",
            "EXPIRED", "TRIGGERED", "PENDING_UPDATE", "PENDING_CANCEL", "PARTIALLY_FILLED", "FILLED", "VOIDED",
        ),
        "position_side": ("NO_POSITION_SIDE", "FLAT", "LONG", "SHORT"),
        "liquidity_side": ("NO_LIQUIDITY_SIDE", "MAKER", "TAKER"),
        "contingency_type": ("NO_CONTINGENCY", "OCO", "OTO", "OUO"),
        "trigger_type": (
            "NO_TRIGGER", "DEFAULT", "LAST_PRICE", "MARK_PRICE", "INDEX_PRICE", "BID_ASK", "DOUBLE_LAST",
            "DOUBLE_BID_ASK", "LAST_OR_BID_ASK", "MID_POINT",
        ),
        "trailing_offset_type": ("NO_TRAILING_OFFSET", "PRICE", "BASIS_POINTS", "TICKS", "PRICE_TIER"),
    }
)  # fmt: skip
_PARTS = ("order_reports", "fill_reports", "position_reports")


class Report(Struct, gc=False):
    """ExecutionMassStatus, OrderStatusReport, FillReport or PositionStatusReport."""

    type: str
    data: dict[str, Any]

    @property
    def reports(self) -> list[Report]:
        """This report, and those a mass status holds; enums by their names."""
        held = [report for part in _PARTS for report in _reports_in(self.data.get(part))]
        own = {key: len(_reports_in(value)) if key in _PARTS else value for key, value in self.data.items()}
        return [
            Report(self.type, with_names(own)),
            *(Report(text(report, "type"), with_names(report)) for report in held),
        ]


class Snapshot(Struct, gc=False):
    """OrderSnapshot, PositionSnapshot or PortfolioSnapshot."""

    type: str
    data: dict[str, Any]

    @property
    def trader_id(self) -> str:
        return text(self.data, "trader_id")

    @property
    def kind(self) -> str:
        """`order`, `position` or `portfolio`."""
        return self.type.removesuffix("Snapshot").lower()

    @property
    def subject_id(self) -> str:
        """Of which order, position or account."""
        name = {"order": "client_order_id", "position": "position_id"}.get(self.kind, "account_id")
        return text(self.data, name)


class Command(Struct, gc=False):
    """An order to do something: SubmitOrder, CancelOrder, … on `commands.trading.*`."""

    type: str
    data: dict[str, Any]

    @property
    def trader_id(self) -> str:
        return text(self.data, "trader_id")


def text(data: dict[str, Any], name: str) -> str:
    """The text of a key; '' where there is none."""
    value = data.get(name)
    return value if isinstance(value, str) else ""


def with_names(report: dict[str, Any]) -> dict[str, Any]:
    """The same report with the names of its enums."""
    return {key: _name(_ENUMS[key], value) if key in _ENUMS else value for key, value in report.items()}


def _name(names: tuple[str, ...], value: Any) -> Any:
    is_known = type(value) is int and 0 <= value < len(names)
    return (names[value] or value) if is_known else value


def _reports_in(part: Any) -> list[dict[str, Any]]:
    """All maps of `{id: report}` or `{id: [report, …]}`."""
    values = part.values() if isinstance(part, dict) else ()
    lists = (value if isinstance(value, list) else [value] for value in values)
    return [report for items in lists for report in items if isinstance(report, dict)]
