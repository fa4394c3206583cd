"""Statements of companies as they were known at a time, of facts as they were filed."""

from nautilus_data.core.statements.books import FIRST, KNOWN, Accounts, Books
from nautilus_data.core.statements.concept import BALANCE, CASH_FLOW, CONCEPTS, INCOME, STATEMENTS, Concept, Measure
from nautilus_data.core.statements.facts import Facts
from nautilus_data.core.statements.item import Item, NotKnown
from nautilus_data.core.statements.line import Line
from nautilus_data.core.statements.statement import FREQUENCIES, Statement, statement

__all__ = [
    "BALANCE",
    "CASH_FLOW",
    "CONCEPTS",
    "FIRST",
    "FREQUENCIES",
    "INCOME",
    "KNOWN",
    "STATEMENTS",
    "Accounts",
    "Books",
    "Concept",
    "Facts",
    "Item",
    "Line",
    "Measure",
    "NotKnown",
    "Statement",
    "statement",
]
