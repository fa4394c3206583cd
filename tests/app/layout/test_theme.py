"""Colours, fonts, number formats."""

import re
from decimal import Decimal

import pytest

from app.layout import theme


def luminance(color: str) -> float:
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: str, second: str) -> float:
    high, low = sorted((luminance(first), luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("is_dark", [True, False])
@pytest.mark.parametrize("name", ["text", "muted", "accent", "ok", "warn", "bad", "up", "down"])
@pytest.mark.parametrize("back", ["bg", "panel", "raised"])
def test_text_can_be_read_on_every_surface(is_dark: bool, name: str, back: str) -> None:
    colors = theme.colors(is_dark)
    assert contrast(colors[name], colors[back]) >= 4.5


def test_both_schemes_name_the_same_colors() -> None:
    assert set(theme.DARK) == set(theme.LIGHT)
    assert len(re.findall("--nd-bg:", theme.css())) == 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (theme.price(1234.5), "1,234.50"),
        (theme.price(None), theme.NOT_KNOWN),
        (theme.price(float("nan")), theme.NOT_KNOWN),
        (theme.qty(Decimal("1500.000")), "1,500"),
        (theme.qty(0.25), "0.25"),
        (theme.qty(0), "0"),
        (theme.money(Decimal("-1234.5"), "USD"), "-1,234.50 USD"),
        (theme.money(5, signed=True), "+5.00"),
        (theme.percent(0.0125), "+1.25 %"),
        (theme.rate(12.34), "12.3 /s"),
        (theme.rate(1234.5), "1,234 /s"),
        (theme.size(1_500_000), "1.5 MB"),
        (theme.size(12), "12 B"),
        (theme.age(0.44), "0.4 s"),
        (theme.age(-3), "0.0 s"),
        (theme.age(59), "59 s"),
        (theme.age(3600), "60 min"),
        (theme.age(7200), "2 h"),
        (theme.age(200_000), "2 d"),
        (theme.clock(0), theme.NOT_KNOWN),
        (theme.clock(1_100_000_000_000_000_000, "America/New_York"), "2004-11-09 06:33:20"),
        (theme.day(1_100_000_000_000_000_000), "2004-11-09"),
    ],
)
def test_numbers_are_written_one_way(text: str, expected: str) -> None:
    assert text == expected
