"""Page system as an admin, an operator, a viewer, a link and who sits at the machine see it."""

from __future__ import annotations

from typing import Any

import pytest

from app.pages.system import SystemPage
from nautilus_data.core.correlation import correlated
from nautilus_data.core.identity import LOCAL, Identity
from nautilus_data.workspace import Workspace

_ROLES = {"ann": "admin", "oli": "operator", "vic": "viewer"}
_OWN = ["overview", "account", "keys", "links", "jobs"]


@pytest.fixture
def users(workspace: Workspace) -> Workspace:
    # Known by an OAuth provider: a password takes a while to hash, and most of these tests need none.
    for name, role in _ROLES.items():
        workspace.users.add(name, "", role, f"{name}@example.com")
    return workspace


def opened(workspace: Workspace, identity: Identity, view: str = "overview", **params: Any) -> SystemPage:
    page = SystemPage(workspace=workspace.permit(identity, "127.0.0.1", is_lasting=True), **params)
    page.build()
    assert page.is_ready, page._body
    page.view = view
    return page


def known(workspace: Workspace, name: str) -> Identity:
    return workspace.users.log_in_as(f"{name}@example.com")[1]


def said(page: SystemPage) -> str:
    return page.said[0][0].object if page.said.visible else ""


def press(part: Any, command: str, times: int = 1) -> None:
    for _ in range(times):
        part._press(command)


def test_each_role_sees_the_views_it_is_for(users: Workspace) -> None:
    assert list(opened(users, known(users, "vic")).views) == _OWN
    assert list(opened(users, known(users, "oli")).views) == [*_OWN, "logs"]
    assert len(opened(users, known(users, "ann")).views) == 9


def test_a_view_that_is_not_for_the_role_can_not_be_asked_for(users: Workspace) -> None:
    page = opened(users, known(users, "vic"))
    with pytest.raises(ValueError, match="audit"):
        page.view = "audit"
    assert page.view == "overview"


def test_a_link_shows_nothing_of_this_page(users: Workspace) -> None:
    token, _ = users.shares.add("ann", "system")
    page = opened(users, users.shares.identity(token))
    assert not page.views and "not shared" in page._body[-1][0].object
    page.live()


def test_the_first_user_is_an_admin_and_is_told_so(workspace: Workspace) -> None:
    page = opened(workspace, LOCAL, "users")
    part = page.parts["users"]
    assert "first user" in part.first[0][0].object and part.role.value == "admin"
    part.name.value_input, part.password.value_input = "ann", "correct horse battery"
    part.add()
    assert workspace.users.list()[["name", "role"]].values.tolist() == [["ann", "admin"]]
    assert part.password.value_input == "" and part.password.value == ""


def test_who_sits_at_the_machine_is_led_to_users_first(workspace: Workspace) -> None:
    for view in ("account", "keys", "links"):
        page = opened(workspace, LOCAL, view)
        page.parts[view].layout[0][1].clicks += 1
        assert page.view == "users"


def test_what_ends_somebodys_access_is_asked_for_twice(users: Workspace) -> None:
    page = opened(users, known(users, "ann"), "users")
    part = page.parts["users"]
    part.choose("vic")
    press(part, "remove")
    assert "vic" in set(users.users.list()["name"])
    assert ("remove", "Really remove vic?", "sure") in [tuple(entry[:3]) for entry in part.commands.entries]
    press(part, "remove")
    assert "vic" not in set(users.users.list()["name"]) and part.row is None
    entry = users.audit.list(1).iloc[0]
    assert (entry["actor"], entry["act"], entry["target"], entry["address"]) == (
        "ann", "user removed", "vic", "127.0.0.1",
    )  # fmt: skip


def test_another_row_disarms_the_button(users: Workspace) -> None:
    part = opened(users, known(users, "ann"), "users").parts["users"]
    part.choose("vic")
    press(part, "remove")
    part.choose("oli")
    press(part, "remove")
    assert len(users.users.list()) == 3


def test_a_rule_that_forbids_it_is_told_above(users: Workspace) -> None:
    page = opened(users, known(users, "ann"), "users")
    part = page.parts["users"]
    part.choose("ann")
    press(part, "role:viewer", 2)
    assert "last admin" in said(page)


def test_a_new_password_is_set_and_forgotten(users: Workspace) -> None:
    part = opened(users, known(users, "ann"), "users").parts["users"]
    part.choose("vic")
    part.renewed.value_input = "correct horse viewer"
    press(part, "password")
    assert users.users.log_in("vic", "correct horse viewer") and part.renewed.value_input == ""
    assert "correct horse" not in str(users.audit.list().to_dict())


def test_a_key_is_shown_once_and_revoked(users: Workspace) -> None:
    page = opened(users, known(users, "vic"), "keys")
    part = page.parts["keys"]
    users.keys.add("ann", "hers", "admin")
    assert part.role.options == ["viewer"]
    part.title.value_input, part.areas.value_input = "nightly report", "macro, edgar"
    part.make()
    secret = part.once.secret
    assert users.keys.identity(secret).areas == {"macro", "edgar"}
    assert part.table.shown["For"].tolist() == ["nightly report"]
    assert secret not in repr(part.once) + str(part.table.frame.to_dict())
    part.once.secret = ""
    part.choose(part.table.frame["ref"].iloc[0])
    press(part, "revoke", 2)
    assert users.keys.identity(secret) is None


def test_the_page_to_share_comes_with_what_is_chosen_on_it(users: Workspace) -> None:
    page = opened(users, known(users, "oli"), shared="portfolio?trader=X&tz=UTC")
    page.view = "links"
    part = page.parts["links"]
    assert (part.shared.value, part.query.value) == ("portfolio", "trader=X&tz=UTC")
    part.make()
    share = users.shares.identity(part.once.secret.removeprefix("share/")).share
    assert (share.page, share.query, share.hides_amounts) == ("portfolio", "trader=X&tz=UTC", True)


def test_a_viewer_makes_no_links_and_this_page_is_not_shared(users: Workspace) -> None:
    part = opened(users, known(users, "vic"), "links").parts["links"]
    assert part.once not in list(part.layout) and "system" not in part.shared.options.values()


def test_the_own_session_is_marked_and_others_are_ended(users: Workspace) -> None:
    me, _ = known(users, "ann"), known(users, "vic")
    page = opened(users, me, "account")
    part = page.parts["account"]
    shown = dict(zip(part.table.frame["user"], part.table.shown["From"], strict=True))
    assert shown == {"ann": "● browser, this one", "vic": "browser"}
    part.choose(part.table.frame.set_index("user").loc["vic", "ref"])
    press(part, "end", 2)
    assert users.users.sessions("vic").empty and len(users.users.sessions("ann")) == 1


def test_a_viewer_sees_the_own_sessions_alone(users: Workspace) -> None:
    known(users, "ann")
    part = opened(users, known(users, "vic"), "account").parts["account"]
    assert part.table.frame["user"].tolist() == ["vic"]


def test_two_new_passwords_that_differ_change_nothing(users: Workspace) -> None:
    page = opened(users, known(users, "vic"), "account")
    part = page.parts["account"]
    for field, typed in ((part.current, "x"), (part.new, "correct horse one"), (part.again, "correct horse two")):
        field.value_input = typed
    part.change()
    assert "differ" in said(page) and part.new.value_input == ""


def test_audit_entries_are_filtered_turned_and_verified(users: Workspace) -> None:
    for number in range(120):
        users.audit.record(LOCAL, "engine.start", f"run {number}", "failed" if number == 60 else "allowed")
    page = opened(users, known(users, "ann"), "audit")
    part = page.parts["audit"]
    first = part.table.frame["seq"].tolist()
    press(part, "older")
    assert part.reading.answer["seq"].max() == min(first) - 1
    part.outcome.value = "failed"
    assert part.reading.answer["target"].tolist() == ["run 60"]
    assert "outcome=failed" in part._csv.object and "format=csv" in part._csv.object
    press(part, "verify")
    assert part.result.groups[0]["cards"][0]["value"] == "whole"


def test_one_request_is_followed_from_entry_to_jobs_and_lines_and_back(users: Workspace) -> None:
    permitted = users.permit(known(users, "oli"))
    with correlated("one-request"):
        job = permitted.engine.start()
    page = opened(users, known(users, "ann"), "audit")
    audit = page.parts["audit"]
    seq = audit.reading.answer.set_index("act").loc["engine.start", "seq"]
    audit.choose(int(seq))
    audit.request._press("jobs")
    assert (page.view, page.correlation) == ("jobs", "one-request")
    jobs = page.parts["jobs"]
    assert jobs.table.frame[["id", "actor"]].values.tolist() == [[job, "oli"]]
    jobs.request._press("audit")
    assert audit.reading.answer["act"].tolist() == ["engine.start"]
    audit.request._press("")
    assert page.correlation == "" and len(audit.reading.answer) > 1


def test_lines_are_held_while_one_is_looked_at(users: Workspace) -> None:
    folder = users.settings.nautilus_data_dir / "logs"
    folder.mkdir(exist_ok=True)
    line = (
        '{"ts":"2026-11-26T00:00:0%d.000000001Z","level":"INFO","logger":"x","role":"worker","pid":7,"event":"e%d",'
        '"fields":{"n":1},"correlation":"c"}\n'
    )
    (folder / "worker.jsonl").write_text(line % (1, 1))
    page = opened(users, known(users, "oli"), "logs")
    part = page.parts["logs"]
    assert part.table.frame["event"].tolist() == ["e1"] and part.role.options == ["all", "worker"]
    part.choose(part.table.frame["key"].iloc[0])
    assert "n=1" in part.line.groups[0]["text"] and part.commands.entries[0][1] == "Follow"
    (folder / "worker.jsonl").write_text(line % (1, 1) + line % (2, 2))
    part.live()
    assert len(part.reading.answer[0]) == 1
    press(part, "follow")
    assert part.reading.answer[0]["event"].tolist() == ["e2", "e1"] and part.line.groups == []


def test_settings_are_filtered(users: Workspace) -> None:
    part = opened(users, known(users, "ann"), "settings").parts["settings"]
    part.table.match.value_input = "bus_silence"
    assert part.table.reading.answer[0]["name"].tolist() == ["BUS_SILENCE_S"]


def test_the_overview_tells_components_and_versions(users: Workspace) -> None:
    part = opened(users, known(users, "vic")).parts["overview"]
    assert [group["key"] for group in part.board.groups] == ["components", "place", "sources", "versions"]
