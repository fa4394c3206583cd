"""Chosen: an indicator with its parameters, as a person picked it and as it stands in a URL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from nautilus_data.services.indicators.indicator import Indicator, Number, show
from nautilus_data.services.indicators.registry import INDICATORS

MOST = 12


@dataclass(frozen=True, eq=False)
class Chosen:
    """`parameters` that are not given take their defaults. ValueError where one is unknown or out of bounds."""

    indicator: Indicator
    parameters: Mapping[str, Number] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "parameters", MappingProxyType(self.indicator.check(self.parameters)))

    def __str__(self) -> str:
        """`macd:fast=12:slow=26:signal=9`; `parse` reads it back."""
        return ":".join([self.indicator.name, *(f"{name}={show(value)}" for name, value in self.parameters.items())])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Chosen) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash(str(self))

    @property
    def label(self) -> str:
        """`EMA 20`: what stands on a chart."""
        return " ".join([self.indicator.name.upper(), *map(show, self.parameters.values())])

    @property
    def shifts(self) -> dict[str, int]:
        """By how many bars each output is drawn to the right (negative: to the left); 0 for most."""
        return {output.name: self._shift(output.shift) for output in self.indicator.outputs}

    @property
    def memory(self) -> int:
        """Bars after which an earlier one no longer changes the result."""
        return self.indicator.memory(**self.parameters)

    def _shift(self, by: str) -> int:
        bars = int(self.parameters[by.removeprefix("-")]) if by else 0
        return -bars if by.startswith("-") else bars


def parse(text: str) -> Chosen:
    """`ema`, `ema:length=20`. ValueError that says what is possible."""
    name, *given = text.strip().split(":")
    indicator = INDICATORS.get(name)
    if indicator is None:
        raise ValueError(f"there is no indicator {name!r}; choose of {', '.join(INDICATORS)}")
    parameters = dict(_parameter(name, part) for part in given)
    if len(parameters) < len(given):
        raise ValueError(f"{text!r} says a parameter twice; say each once")
    return Chosen(indicator, parameters)


def parse_list(text: str) -> tuple[Chosen, ...]:
    """`ema:length=20,rsi:length=14`, each once. ValueError that says what is possible, also for more than 12."""
    chosen = tuple(dict.fromkeys(parse(part) for part in text.split(",") if part.strip()))
    if len(chosen) > MOST:
        raise ValueError(f"{len(chosen)} indicators are more than a chart can show; choose {MOST} at most")
    return chosen


def show_list(chosen: Iterable[Chosen]) -> str:
    """What `parse_list` reads back."""
    return ",".join(map(str, chosen))


def _parameter(owner: str, part: str) -> tuple[str, str]:
    name, sign, value = part.partition("=")
    if not sign:
        raise ValueError(f"{owner}: {part!r} is no parameter; write it as {INDICATORS[owner].name}:name=number")
    return name.strip(), value.strip()
