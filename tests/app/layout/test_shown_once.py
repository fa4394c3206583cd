"""What is shown once is nowhere else."""

from app.layout.shown_once import ShownOnce


def test_a_secret_is_shown_until_it_is_hidden_and_stands_in_no_repr() -> None:
    once = ShownOnce()
    once.tell("nd_canary", "Copy it now.")
    assert (once.secret, once.words) == ("nd_canary", "Copy it now.")
    assert "canary" not in repr(once) + str(once)
    once.hide()
    assert once.secret == ""
