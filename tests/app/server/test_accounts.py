"""REST of tokens, users, sessions, keys and share links, as those it is for."""

from __future__ import annotations

from collections.abc import Iterator

import panel as pn
import pytest
from fastapi.testclient import TestClient

from nautilus_data import open_workspace
from nautilus_data.core.identity import Door, Identity, Role
from nautilus_data.workspace import Workspace
from tests import rest

ADMIN, VIEWER, OPERATOR = "correct horse admin", "correct horse viewer", "correct horse operator"

FOR_OTHERS = (
    ("GET", "users", None), ("POST", "users", {"name": "eve", "password": ADMIN, "role": "admin"}),
    ("PATCH", "users/vic", {"role": "admin"}), ("PATCH", "users/ann", {"password": "correct horse eve"}),
    ("DELETE", "users/ann", None), ("DELETE", "users/ann/sessions", None), ("GET", "sessions?user=ann", None),
    ("GET", "keys?owner=ann", None), ("POST", "keys", {"title": "x", "role": "viewer", "owner": "ann"}),
    ("POST", "shares", {"page": "portfolio"}), ("GET", "audit", None), ("GET", "audit/verify", None),
    ("GET", "logs", None), ("GET", "system/settings", None),
)  # fmt: skip


@pytest.fixture
def workspace(settings) -> Iterator[Workspace]:
    opened = open_workspace(settings)
    # Known by an OAuth provider: a password takes a while to hash, and most of these tests need none.
    for name, role in (("ann", "admin"), ("vic", "viewer"), ("oli", "operator")):
        opened.users.add(name, "", role, f"{name}@example.com")
    pn.state.cache["workspace"] = opened
    yield opened
    del pn.state.cache["workspace"]
    opened.close()


def as_user(workspace: Workspace, name: str) -> TestClient:
    _, identity = workspace.users.log_in_as(f"{name}@example.com", "10.0.0.9", "Firefox")
    return rest.client(identity)


@pytest.fixture
def ann(workspace: Workspace) -> TestClient:
    return as_user(workspace, "ann")


@pytest.fixture
def vic(workspace: Workspace) -> TestClient:
    return as_user(workspace, "vic")


def acts(workspace: Workspace, count: int) -> list[tuple[str, str, str]]:
    """The newest entries of the audit log, oldest first."""
    rows = workspace.audit.list(count)[::-1]
    return list(rows[["actor", "act", "outcome"]].itertuples(index=False, name=None))


def test_a_pair_is_issued_renewed_and_ended(workspace: Workspace) -> None:
    workspace.users.set_password("ann", ADMIN)
    stranger = rest.client(None)
    first = stranger.post("/api/v1/auth/token", json={"name": "ann", "password": ADMIN})
    assert first.status_code == 200 and first.headers["Cache-Control"] == "no-store"
    identity = workspace.tokens.identity(first.json()["access_token"])
    assert (identity.name, identity.role, identity.door) == ("ann", Role.ADMIN, Door.TOKEN)
    second = stranger.post("/api/v1/auth/refresh", json={"refresh_token": first.json()["refresh_token"]}).json()
    assert stranger.post("/api/v1/auth/logout", json={"refresh_token": second["refresh_token"]}).status_code == 204
    assert workspace.tokens.identity(second["access_token"]) is None
    again = stranger.post("/api/v1/auth/refresh", json={"refresh_token": second["refresh_token"]})
    assert again.status_code == 401 and "log in again" in again.json()["detail"]


def test_a_wrong_password_says_neither_what_was_wrong_nor_what_was_typed(workspace: Workspace) -> None:
    stranger = rest.client(None)
    answers = [
        stranger.post("/api/v1/auth/token", json={"name": name, "password": "wrong canary"}) for name in ("ann", "x")
    ]
    assert [answer.status_code for answer in answers] == [401, 401]
    assert answers[0].json()["detail"] == answers[1].json()["detail"]
    assert "canary" not in answers[0].text + str(workspace.audit.list().to_dict())


def test_who_asks_is_told(vic: TestClient) -> None:
    found = vic.get("/api/v1/auth/me").json()
    assert (found["name"], found["role"], found["door"], found["areas"]) == ("vic", "viewer", "session", [])


def test_the_own_password_is_changed_with_the_one_of_now(workspace: Workspace, vic: TestClient) -> None:
    workspace.users.set_password("vic", VIEWER, workspace.users.sessions("vic")["ref"].iloc[0])
    wrong = vic.post("/api/v1/auth/password", json={"current": "not it at all", "password": "another horse viewer"})
    assert wrong.status_code == 401
    refused = vic.post("/api/v1/auth/password", json={"current": VIEWER, "password": "short"})
    assert refused.status_code == 422 and "short" not in str(refused.json().get("errors"))
    assert vic.post("/api/v1/auth/password", json={"current": VIEWER, "password": "another horse viewer"}).is_success
    assert workspace.users.log_in("vic", "another horse viewer")
    # The session that asked goes on.
    assert vic.get("/api/v1/sessions").is_success


def test_an_admin_adds_changes_and_removes_users(workspace: Workspace, ann: TestClient) -> None:
    made = ann.post("/api/v1/users", json={"name": "bob", "password": "correct horse bob", "role": "viewer"})
    assert (made.status_code, made.json()["name"]) == (201, "bob")
    assert ann.patch("/api/v1/users/bob", json={"role": "operator"}).status_code == 204
    _, bob = workspace.users.log_in("bob", "correct horse bob")
    assert bob.role is Role.OPERATOR
    assert ann.delete("/api/v1/users/bob/sessions").json() == {"ended": 1}
    assert ann.delete("/api/v1/users/bob").status_code == 204
    names = [row["name"] for row in ann.get("/api/v1/users").json()]
    assert names == ["ann", "oli", "vic"]
    assert acts(workspace, 5) == [
        ("ann", "user added", "allowed"), ("ann", "role changed", "allowed"), ("bob", "login", "allowed"),
        ("ann", "sessions ended", "allowed"), ("ann", "user removed", "allowed"),
    ]  # fmt: skip


def test_what_rules_forbid_is_a_conflict_and_what_is_not_there_is_not_found(ann: TestClient) -> None:
    last = ann.delete("/api/v1/users/ann")
    assert last.status_code == 409 and "last admin" in last.json()["detail"]
    assert ann.delete("/api/v1/users/nobody").status_code == 404
    assert ann.post("/api/v1/users", json={"name": "vic", "password": ADMIN, "role": "viewer"}).status_code == 409
    for path in ("sessions/s0123456789abcdef", "keys/k0123456789abcdef", "shares/l0123456789abcdef"):
        assert ann.delete(f"/api/v1/{path}").status_code == 404


def test_a_viewer_is_refused_with_the_role_that_suffices(workspace: Workspace, vic: TestClient) -> None:
    for method, path, body in FOR_OTHERS:
        answer = vic.request(method, f"/api/v1/{path}", json=body)
        assert answer.status_code == 403 and "needs the role" in answer.json()["detail"], path
        assert acts(workspace, 1)[0][::2] == ("vic", "refused"), path
    assert workspace.users.list()["name"].tolist() == ["ann", "oli", "vic"]


def test_a_viewer_has_the_own_keys_and_sessions_and_no_others(workspace: Workspace, vic: TestClient) -> None:
    workspace.keys.add("ann", "hers", "admin")
    made = vic.post("/api/v1/keys", json={"title": "mine", "days": 7, "areas": ["macro"]})
    assert made.status_code == 201 and made.headers["Cache-Control"] == "no-store"
    rows = vic.get("/api/v1/keys").json()
    assert [(row["title"], row["areas"], row["ts_last_used"]) for row in rows] == [("mine", ["macro"], None)]
    assert made.json()["secret"] not in str(rows)
    assert workspace.keys.identity(made.json()["secret"]).role is Role.VIEWER
    assert [row["user"] for row in vic.get("/api/v1/sessions").json()] == ["vic"]
    assert vic.delete(f"/api/v1/keys/{made.json()['ref']}").status_code == 204
    assert workspace.keys.identity(made.json()["secret"]) is None
    other = workspace.keys.list("ann")["ref"].iloc[0]
    assert vic.delete(f"/api/v1/keys/{other}").status_code == 404


def test_nobody_makes_a_key_above_the_own_role(vic: TestClient) -> None:
    answer = vic.post("/api/v1/keys", json={"title": "more", "role": "admin"})
    assert answer.status_code == 409 and "viewer" in answer.json()["detail"]


def test_a_key_makes_no_keys_and_ends_no_logins_of_its_owner(workspace: Workspace) -> None:
    secret, _ = workspace.keys.add("oli", "script", "operator")
    key = rest.client(workspace.keys.identity(secret))
    assert key.post("/api/v1/keys", json={"title": "child"}).status_code == 403
    assert key.delete("/api/v1/users/oli/sessions").status_code == 403
    password = {"current": OPERATOR, "password": "another horse operator"}
    assert key.post("/api/v1/auth/password", json=password).status_code == 403


def test_an_operator_shares_a_page_and_takes_it_back(workspace: Workspace) -> None:
    oli = as_user(workspace, "oli")
    made = oli.post("/api/v1/shares", json={"page": "portfolio", "query": "trader=X&tz=UTC", "hours": 2}).json()
    share = workspace.shares.identity(made["path"].removeprefix("/share/")).share
    assert (share.page, share.query, share.hides_amounts) == ("portfolio", "trader=X&tz=UTC", True)
    row = oli.get("/api/v1/shares").json()[0]
    assert (row["ref"], row["owner"], row["query"]) == (made["ref"], "oli", "trader=X&tz=UTC")
    assert made["path"].removeprefix("/share/") not in str(row)
    assert oli.delete(f"/api/v1/shares/{made['ref']}").status_code == 204
    assert workspace.shares.identity(made["path"].removeprefix("/share/")) is None


def test_an_admin_ends_one_session(workspace: Workspace, ann: TestClient) -> None:
    secret, identity = workspace.users.log_in_as("vic@example.com", "10.0.0.9", "Firefox")
    row = next(row for row in ann.get("/api/v1/sessions?user=vic").json() if row["ref"] == identity.ref)
    assert (row["address"], row["agent"], row["door"]) == ("10.0.0.9", "Firefox", "session")
    assert ann.delete(f"/api/v1/sessions/{identity.ref}").status_code == 204
    assert workspace.users.identity(secret) is None


def test_a_share_link_reads_none_of_it(workspace: Workspace) -> None:
    token, _ = workspace.shares.add("ann", "portfolio")
    link = rest.client(workspace.shares.identity(token))
    for path in ("users", "keys", "sessions", "shares", "audit", "logs", "system/settings"):
        assert link.get(f"/api/v1/{path}").status_code == 403


def test_who_is_not_known_is_told_to_log_in() -> None:
    assert rest.client(None).get("/api/v1/auth/me").status_code in (401, 503)


def test_a_token_is_an_identity_of_its_own(workspace: Workspace) -> None:
    workspace.users.set_password("vic", VIEWER)
    pair = workspace.tokens.issue("vic", VIEWER, "10.0.0.9", "curl")
    identity: Identity = workspace.tokens.identity(pair.access)
    vic = rest.client(identity)
    assert vic.get("/api/v1/sessions").json()[0]["door"] == "token"
    assert vic.delete(f"/api/v1/sessions/{identity.ref}").status_code == 204
    assert workspace.tokens.identity(pair.access) is None
