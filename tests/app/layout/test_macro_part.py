"""A view asks anew when the day, a choice or what is stored changed, and draws each answer once."""

from types import SimpleNamespace

from app.layout.macro_part import Part


class Looked(Part):
    def __init__(self, page) -> None:
        self.asked, self.drawn = [], []
        super().__init__(page, "It", clock=lambda: 60 * 10**9)

    def ask(self, as_of):
        self.asked.append(as_of)
        return len(self.asked)

    def draw(self, told, at) -> None:
        self.drawn.append(told)


def test_it_asks_again_only_for_something_else() -> None:
    marks = [1]
    page = SimpleNamespace(
        as_of="", as_of_ns=None, zone="UTC", is_drawn=lambda day: days.append(day),
        workspace=SimpleNamespace(macro=SimpleNamespace(mark=lambda: marks[-1])),
    )  # fmt: skip
    days: list[str | None] = []
    part = Looked(page)
    for _ in range(2):
        part.open()
    assert part.asked == [None] and part.drawn == [1]
    marks.append(2)
    part.open()
    page.as_of, page.as_of_ns = "2020-03-31", 5
    part.open()
    assert part.asked == [None, None, 5] and part.drawn == [1, 2, 3] and days[-1] == "2020-03-31"
