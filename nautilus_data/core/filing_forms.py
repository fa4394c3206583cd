"""Filing forms: what companies, insiders and managers file with the SEC, and what each tells."""

from __future__ import annotations

from types import MappingProxyType

# Those a trader looks for. EDGAR has hundreds; what is not named here is kept and shown as well.
FILING_FORMS = MappingProxyType(
    {
        "10-K": "annual report",
        "10-Q": "quarterly report",
        "8-K": "event between reports, told within four business days",
        "20-F": "annual report of a foreign company",
        "40-F": "annual report of a Canadian company",
        "6-K": "what a foreign company has published at home",
        "10-KT": "report of a transition period between two fiscal years",
        "10-QT": "quarterly report of a transition period",
        "NT 10-K": "notice that the annual report will be late",
        "NT 10-Q": "notice that a quarterly report will be late",
        "DEF 14A": "proxy statement: what shareholders vote on, and what managers are paid",
        "PRE 14A": "draft of a proxy statement",
        "DEFA14A": "more material for a proxy vote",
        "S-1": "registration of securities, as for a first offering",
        "S-3": "registration of securities, short form",
        "S-4": "registration of securities for a merger",
        "S-8": "registration of securities for employees",
        "F-1": "registration of securities of a foreign company",
        "424B2": "prospectus of an offering",
        "424B4": "prospectus of an offering, with its price",
        "3": "an insider's first report of what is held",
        "4": "an insider's trades, told within two business days",
        "5": "an insider's trades of a year not told before",
        "144": "an insider's notice of a sale to come",
        "SC 13D": "who holds over 5 % and may want a say",
        "SC 13G": "who holds over 5 % and does not",
        "SCHEDULE 13D": "who holds over 5 % and may want a say, as filed since December 2024",
        "SCHEDULE 13G": "who holds over 5 % and does not, as filed since December 2024",
        "13F-HR": "what a manager held at the end of a quarter",
        "13F-NT": "a manager's holdings are in another's report",
        "11-K": "annual report of an employee stock plan",
        "SD": "specialized disclosure, as of conflict minerals",
        "ARS": "annual report as sent to shareholders",
        "CORRESP": "letter to the SEC's staff",
        "UPLOAD": "letter of the SEC's staff",
        "25-NSE": "an exchange removes a security from its list",
        "15-12G": "the end of the duty to report",
    }
)
