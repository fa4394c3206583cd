"""What is said around FRED's values."""

from app.views.macro_notes import told_above, told_below


def test_nothing_is_said_above_where_fred_can_be_asked() -> None:
    assert told_above("") == ""
    assert "set &lt;KEY&gt;" in told_above("no key: set <KEY>")


def test_the_notice_is_first_and_where_values_are_kept_is_said() -> None:
    assert told_below("NOTICE", False)[0] == "NOTICE"
    assert "memory only" in told_below("", False)[1] and "in the store" in told_below("", True)[1]
