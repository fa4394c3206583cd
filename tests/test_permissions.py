"""Every verb of every service is known by what it does; what an identity may not do is refused and recorded."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import pytest

from nautilus_data import Permitted, Settings, Workspace, open_workspace
from nautilus_data.core.correlation import correlated
from nautilus_data.core.hidden import is_hidden
from nautilus_data.core.identity import LOCAL, Door, Identity, Role, Share
from nautilus_data.errors import ForbiddenError, RefusedError, SkippableError
from nautilus_data.permissions import VERBS, Kind

VIEWER = Identity("vera", Role.VIEWER, Door.SESSION, "s1")
OPERATOR = Identity("otto", Role.OPERATOR, Door.SESSION, "s2")
OPERATOR_AT_HOME = Identity("otto", Role.OPERATOR, Door.LOCAL)
SHARED = Identity("share of otto", Role.VIEWER, Door.SHARE, "l1", share=Share("portfolio", "", False, 2**62))
HIDING = Identity("share of otto", Role.VIEWER, Door.SHARE, "l2", share=Share("portfolio", "", True, 2**62))
# What each service lets one ask: nothing of ours changes by it, and nobody outside is asked.
READS = {
    "desk": """
        account connection disagreements is_enabled latest list order positions quotas records version watches
    """,
    "market": """
        bars choices extent fills fills_version hold instruments last_bar latest latest_bars lines
        replayed_to stored version
    """,
    "indicators": "kept_bytes known over parse_list running",
    "portfolio": "accounts converted equity fills orders positions rate runs totals traders version",
    "executions": "fills life order_marks round_trips traded version working",
    "backfill": "coverage jobs pauses plan plan_of plan_series schedules sources spans",
    "macro": """
        calendar compare curve extent factor factors kept mark notice observations recessions refusal regimes
        scores series sparks transforms vintages
    """,
    "filings": """
        companies company directory extent fact factor factors feed figures filings form_titles forms holdings
        insider_balance insider_trades kept mark refusal resolve restatements scores search standing state
        statement statistics tags uses_fred versions
    """,
    "coverage": "bad_rows cell disagreements extent gaps map series",
    "instruments": "aliases resolve search",
    "catalog": "covered describe folder intervals is_outside jobs list path_of reason series",
    "drawings": "list version",
    "engine": "is_available reason runs status",
    "bus": """
        book books capacity dead_letters history incidents inspect name open_incidents rate_history rates
        readers role status streams types unknown_types
    """,
    "overview": "bus can_read jobs nodes sources status store worker",
    "live": """
        bar bar_after bar_before bars_version booked_version components garbage has_live_bars instruments lag_ms
        messages nodes price prices quoted rate replay_times replayed_to runs statuses trading_states types
        unknown version
    """,
    "logs": "roles",
    "system": "components jobs origins place versions",
    "users": "has_any is_live",
}


@dataclass
class Audit:
    entries: list[tuple[str, str, str]] = field(default_factory=list)

    def record(self, identity: Identity, act: str, target: str, outcome: str, detail: str, address: str) -> None:
        self.entries.append((act, target, outcome))


class Engine:
    def __init__(self) -> None:
        self.started = 0

    def start(self, pace: float = 1.0) -> int:
        if pace <= 0:
            raise ValueError("pace must be above 0")
        self.started += 1
        return self.started

    def status(self) -> str:
        return "RUNNING"


@pytest.fixture
def base() -> SimpleNamespace:
    live = SimpleNamespace(is_live=lambda ref: ref != "ended")
    return SimpleNamespace(engine=Engine(), audit=Audit(), users=live, executions=SimpleNamespace(fills=lambda: 1))


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    folder: Path = tmp_path_factory.mktemp("data")
    opened = open_workspace(Settings(_env_file=None, nautilus_data_dir=folder, demo="off"))
    yield opened
    opened.close()


def services(workspace: Workspace) -> dict[str, object]:
    return {
        name: value
        for name, value in vars(workspace).items()
        if type(value).__module__.startswith("nautilus_data.services") and not name.startswith("_")
    }


def verbs_of(name: str, service: object) -> set[str]:
    kept = {one for one, value in vars(service).items() if not one.startswith("_") and value is not None}
    methods = {one for one, _ in inspect.getmembers(type(service)) if not one.startswith("_")}
    return {f"{name}.{one}" for one in methods | kept}


def test_every_verb_of_every_service_is_declared(workspace: Workspace) -> None:
    reads = {f"{name}.{verb}" for name, verbs in READS.items() for verb in verbs.split()}
    found = set().union(*(verbs_of(name, service) for name, service in services(workspace).items()))
    unknown = found - reads - set(VERBS)
    assert not unknown, f"say in permissions.py, or among READS here, what these do: {sorted(unknown)}"


def test_nothing_is_declared_that_no_service_has(workspace: Workspace) -> None:
    reads = {f"{name}.{verb}" for name, verbs in READS.items() for verb in verbs.split()}
    missing = {
        verb for verb in reads | set(VERBS)
        if not hasattr(getattr(workspace, verb.partition(".")[0], None), verb.partition(".")[2])
    }  # fmt: skip
    assert not missing
    assert not reads & set(VERBS)


def test_the_command_line_acts_without_a_login_that_could_end(base: SimpleNamespace) -> None:
    base.users.is_live = lambda ref: bool(ref)
    assert Permitted(base, Identity("me", Role.ADMIN, Door.COMMAND)).engine.start() == 1
    with pytest.raises(RefusedError, match="log in again"):
        Permitted(base, Identity("local", Role.ADMIN, Door.LOCAL)).engine.start()


def test_what_reads_is_handed_through_and_recorded_nowhere(base: SimpleNamespace) -> None:
    assert Permitted(base, VIEWER).engine.status() == "RUNNING"
    assert base.audit.entries == []


def test_an_act_is_recorded_with_its_arguments_before_it_runs(base: SimpleNamespace) -> None:
    assert Permitted(base, OPERATOR).engine.start(pace=2.0) == 1
    assert base.audit.entries == [("engine.start", "pace=2.0", "allowed")]


def test_what_fails_is_recorded_as_failed_too(base: SimpleNamespace) -> None:
    with pytest.raises(ValueError, match="above 0"):
        Permitted(base, OPERATOR).engine.start(pace=-1)
    assert [outcome for _, _, outcome in base.audit.entries] == ["allowed", "failed"]


@pytest.mark.parametrize("identity", [VIEWER, SHARED, HIDING])
def test_who_may_not_act_changes_nothing_and_is_recorded(base: SimpleNamespace, identity: Identity) -> None:
    permitted = Permitted(base, identity)
    assert not permitted.may("engine.start")
    with pytest.raises(ForbiddenError):
        permitted.engine.start()
    assert base.engine.started == 0


def test_a_refusal_names_the_role_that_is_needed(base: SimpleNamespace) -> None:
    with pytest.raises(ForbiddenError, match=r"vera is viewer, and engine\.start needs the role operator"):
        Permitted(base, VIEWER).engine.start()
    assert base.audit.entries == [("engine.start", "", "refused")]


def test_what_can_not_be_recorded_is_not_done(base: SimpleNamespace) -> None:
    def broken(*_: object) -> None:
        raise OSError("the disk is full")

    base.audit.record = broken
    with pytest.raises(OSError, match="full"):
        Permitted(base, OPERATOR).engine.start()
    assert base.engine.started == 0


def test_a_login_that_has_ended_does_nothing_more(base: SimpleNamespace) -> None:
    with pytest.raises(RefusedError, match="log in again"):
        Permitted(base, Identity("otto", Role.OPERATOR, Door.SESSION, "ended")).engine.start()
    assert base.engine.started == 0


@pytest.mark.parametrize("verb", [name for name, rule in VERBS.items() if rule.own])
def test_with_the_own_things_less_is_needed_than_with_those_of_others(workspace: Workspace, verb: str) -> None:
    least = Identity("otto", VERBS[verb].own_role, Door.SESSION, "s1")
    by_key = Identity("otto", VERBS[verb].own_role, Door.KEY, "k1")
    assert workspace.permit(least).may(verb, "otto")
    assert not workspace.permit(least).may(verb, "vera") and not workspace.permit(least).may(verb)
    # A key that gets around makes no others, and ends no logins of its owner.
    assert not workspace.permit(by_key).may(verb, "otto")


def test_an_act_of_accounts_is_recorded_once_in_the_name_of_who_asked(settings: Settings) -> None:
    # Its own: once there are users, the others' local identity has ended.
    workspace = open_workspace(settings)
    workspace.permit(LOCAL, "127.0.0.1").users.add("ada", "", "admin", "ada@example.com")
    _, ada = workspace.users.log_in_as("ada@example.com")
    permitted = workspace.permit(ada, "10.0.0.9")
    permitted.keys.add("ada", "script", "viewer")
    with pytest.raises(ValueError, match="last admin"):
        permitted.users.remove("ada")
    rows = workspace.audit.list()[::-1][["actor", "act", "outcome", "address"]]
    assert list(rows.itertuples(index=False, name=None)) == [
        ("local", "user added", "allowed", "127.0.0.1"), ("ada", "login", "allowed", ""),
        ("ada", "key made", "allowed", "10.0.0.9"), ("ada", "users.remove", "failed", "10.0.0.9"),
    ]  # fmt: skip
    workspace.close()


def test_acts_of_one_request_bear_its_id_and_those_of_a_page_one_each(workspace: Workspace) -> None:
    with correlated("one-request"):
        for is_lasting in (False, True):
            permitted = workspace.permit(LOCAL, is_lasting=is_lasting)
            permitted.desk.disable("yahoo")
            permitted.desk.enable("yahoo")
    ids = workspace.audit.list(4)["correlation"].tolist()[::-1]
    assert ids[:2] == ["one-request"] * 2 and len(set(ids)) == 3 and all(ids)


def test_verbs_of_the_worker_are_open_to_nobody(workspace: Workspace) -> None:
    for verb in (name for name, rule in VERBS.items() if rule.kind is Kind.INTERNAL):
        assert not workspace.permit(LOCAL).may(verb), verb


def test_each_role_may_all_that_the_one_before_may(workspace: Workspace) -> None:
    for verb in VERBS:
        allowed = [workspace.permit(Identity("x", role, Door.SESSION, "r")).may(verb) for role in Role]
        assert allowed == sorted(allowed), verb


def test_a_link_that_hides_amounts_leads_to_no_service_that_tells_them(base: SimpleNamespace) -> None:
    assert not Permitted(base, HIDING).may("executions.fills")
    with pytest.raises(ForbiddenError):
        Permitted(base, HIDING).executions.fills()
    assert Permitted(base, SHARED).executions.fills() == 1
    for verb in ("market.fills", "bus.inspect", "desk.account", "desk.positions", "engine.status", "logs.tail"):
        assert not Permitted(base, HIDING).may(verb), verb


def test_a_hidden_amount_is_not_one_that_is_not_known() -> None:
    assert not is_hidden(None) and not is_hidden(float("nan"))


def test_only_an_admin_reads_and_writes_catalogs_out_of_the_data_folder(workspace: Workspace, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("")
    for place in (tmp_path, tmp_path / "nothing", tmp_path / "secret.txt", "/etc", "~", "~nobody"):
        for ask in (lambda to, who: who.catalog.import_(to), lambda to, who: who.catalog.export([], to)):
            with pytest.raises(ForbiddenError, match="out of the data folder"):
                ask(str(place), workspace.permit(OPERATOR_AT_HOME))
    for place in (tmp_path, tmp_path / "nothing", tmp_path / "secret.txt"):
        with pytest.raises(SkippableError, match="no NautilusTrader catalog at"):
            workspace.permit(LOCAL).catalog.import_(str(place))
    with pytest.raises(SkippableError, match="no NautilusTrader catalog at"):
        workspace.permit(OPERATOR_AT_HOME).catalog.import_("nothing")
