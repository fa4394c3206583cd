"""How often somebody may ask."""

from app.server.rates import Rates


def test_each_caller_has_a_minute_of_its_own() -> None:
    rates = Rates(3)
    assert [rates.take("a").remaining for _ in range(3)] == [2, 1, 0]
    over = rates.take("a")
    assert over.is_over and over.headers["Retry-After"] == over.headers["RateLimit-Reset"]
    assert 1 <= over.reset_s <= 60
    other = rates.take("b")
    assert not other.is_over and "Retry-After" not in other.headers


def test_wrong_keys_are_counted_apart() -> None:
    rates = Rates(20)
    allowed = 0
    while not rates.fail("10.0.0.1").is_over:
        allowed += 1
    assert 1 <= allowed < 20 and not rates.take("10.0.0.1").is_over and not rates.fail("10.0.0.2").is_over
