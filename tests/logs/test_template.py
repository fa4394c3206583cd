"""Templates: event and fields come from how a line was written, not from what its values look like."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nautilus_data.logs.template import template_of


@pytest.mark.parametrize(
    ("text", "args", "event", "fields"),
    [
        ("worker started pid=%s", (7,), "worker started", {"pid": 7}),
        ("a=%s b=%s", ("x y=z", None), "", {"a": "x y=z", "b": None}),
        (
            "no client id %d, next reason=%s",
            (3, OSError("x")),
            "no client id 3, next",
            {"reason": "x"},
        ),
        ("listens port=%s in_s=%.1f", (1, 2.345), "listens", {"port": 1, "in_s": 2.3}),
        ("was %s now=%s then %s", ("a", "b", "c"), "was a then c", {"now": "b"}),
        ("span=%s/%s left=%d%%", (1, 2, 50), "", {"span": "1/2", "left": "50%"}),
        ("trimmed stream=%r count=%d", ("s", True), "trimmed", {"stream": "'s'", "count": True}),
        ("of %(who)s x=%(x)d", {"who": "ann", "x": 4}, "of ann", {"x": 4}),
        ("status=200 path=%s", ("/",), "status=200", {"path": "/"}),
    ],
)
def test_event_and_fields_are_told_apart(text: str, args, event: str, fields: dict[str, object]) -> None:
    template = template_of(text)
    assert template is not None
    assert template.split(args) == (event, fields)
    assert {key: type(value) for key, value in template.split(args)[1].items()} == {
        key: type(value) for key, value in fields.items()
    }


@pytest.mark.parametrize("text", ["nothing named %s", "a=1 b=2", "width=%*d", "", "100% key=none"])
def test_a_text_without_named_values_is_an_event_as_it_is(text: str) -> None:
    assert template_of(text) is None


@given(values=st.lists(st.text(), min_size=1, max_size=5))
def test_a_value_comes_back_letter_by_letter(values: list[str]) -> None:
    template = template_of("told " + " ".join(f"field{number}=%s" for number in range(len(values))))
    assert template is not None
    assert template.split(tuple(values)) == ("told", {f"field{number}": one for number, one in enumerate(values)})
