"""Layers point down: who may import whom, as a table; the tests name the file and the import that break it."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

import nautilus_data

ROOT = Path(__file__).parents[1]
BASE = {"core", "errors", "metrics"}
FRAMES = {"pandas", "numpy"}
BELOW_SERVICES = {"transport", "sources", "bus", "store", "factors", "risk", "engine"} | BASE
DATA_LAYER = BELOW_SERVICES | {"services", "settings", "settings_in_force", "logs", "workspace", "permissions"}
APP_ROOT = {"root", "errors"}

# layer: (the layers it may import besides itself, the packages from outside)
MAY_IMPORT: dict[str, tuple[set[str], set[str]]] = {
    # exchange_calendars: sources that stamp bars and services that look for gaps need the same sessions.
    "core": (BASE, FRAMES | {"exchange_calendars"}),
    "errors": (set(), set()),
    "metrics": (BASE, {"prometheus_client"}),
    "settings": ({"errors", "access_settings", "source_settings"}, {"pydantic", "pydantic_settings", "platformdirs"}),
    "access_settings": (set(), {"pydantic"}),
    "source_settings": (set(), {"pydantic"}),
    "settings_in_force": ({"settings"}, {"pydantic", "pydantic_settings"}),
    "logs": (BASE | {"settings"}, {"structlog", "filelock"}),
    "transport": (BASE, {"httpx2", "hishel", "pyrate_limiter", "stamina", "filelock"}),
    "sources": (
        BASE | {"transport"},
        FRAMES
        | {
            "bokeh_sampledata",
            "exchange_calendars",
            "yfinance",
            "curl_cffi",
            "httpx2",
            "ib_insync",
            "ib_async",
            "fredapi",
            "arch",
            "lxml",
        },
    ),
    "bus": (BASE | {"transport"}, {"redis", "hiredis", "msgspec", "psutil"}),
    "store": (BASE, FRAMES | {"sqlalchemy", "psycopg", "adbc_driver_postgresql", "pyarrow"}),
    "factors": (BASE, FRAMES | {"param", "statsmodels"}),
    "risk": (BASE, FRAMES | {"scipy"}),
    # pyarrow comes with nautilus_trader.
    "engine": (BASE | {"logs"}, FRAMES | {"nautilus_trader", "psutil", "pyarrow"}),
    "services": (BELOW_SERVICES, FRAMES | {"exchange_calendars", "argon2", "jwt", "psutil", "talib", "rapidfuzz"}),
    "hiding": (BASE, {"pandas"}),
    "permissions": (BASE | {"hiding"}, set()),
    "workspace": (DATA_LAYER | {"permissions"}, set()),
    "supervisor": (DATA_LAYER, {"filelock"}),
    "ingesting": (DATA_LAYER, {"redis"}),
    "gateways": (DATA_LAYER, set()),
    "backfilling": (DATA_LAYER | {"gateways", "cataloging"}, set()),
    "cataloging": (DATA_LAYER, set()),
    "following": (DATA_LAYER, {"rich"}),
    "commands": (DATA_LAYER | {"root", "following"}, {"typer", "rich", "pandas"}),
    "catalog_commands": (DATA_LAYER | {"following", "commands"}, {"typer", "pandas"}),
    "logs_commands": (DATA_LAYER | {"root"}, {"typer", "pandas"}),
    "macro_tables": (DATA_LAYER | {"commands"}, {"pandas"}),
    "macro_commands": (DATA_LAYER | {"commands", "macro_tables"}, {"typer", "pandas"}),
    "filings_tables": (DATA_LAYER | {"commands"}, {"pandas"}),
    "filings_commands": (DATA_LAYER | {"commands", "filings_tables", "macro_tables"}, {"typer", "pandas"}),
    "users_commands": (DATA_LAYER | {"commands"}, {"typer", "pandas"}),
    "worker": (DATA_LAYER | {"ingesting", "backfilling", "cataloging", "gateways"}, set()),
    "__main__": (
        DATA_LAYER
        | {
            "supervisor",
            "worker",
            "backfilling",
            "commands",
            "catalog_commands",
            "logs_commands",
            "macro_commands",
            "filings_commands",
            "users_commands",
            "root",
        },
        {"typer", "rich", "pandas"},
    ),
    "root": (DATA_LAYER | {"supervisor", "permissions"}, set()),
    "app": (set(), set()),
    "app.views": ({"core"}, FRAMES | {"holoviews", "hvplot", "bokeh"}),
    "app.layout": ({"app.views", "core"}, FRAMES | {"panel", "panel_material_ui", "param", "bokeh"}),
    # pandas only to name types: see test_pages_and_reports_compute_nothing_with_pandas.
    "app.pages": ({"app.layout", "app.views", "core"} | APP_ROOT, {"panel", "panel_material_ui", "param", "pandas"}),
    "app.reports": (
        {"app.layout", "app.views", "core"} | APP_ROOT,
        {"panel", "param", "pandas", "bokeh", "holoviews", "typer"},
    ),
    "app.server": (
        # The tables it answers with come from the services as frames.
        APP_ROOT | {"core"},
        FRAMES
        | {"panel", "bokeh", "tornado", "fastapi", "starlette", "pydantic", "filelock", "psutil"}
        | {"limits", "msgspec", "pyarrow", "structlog"},
    ),
}
# The tail in memory that each service gets in its constructor; it asks nothing of any of them.
SHARED_BY_SERVICES = "nautilus_data.services.live"


@dataclass(frozen=True)
class Import:
    """One imported module, and where."""

    path: Path
    line: int
    module: str
    is_inside_function: bool

    def __str__(self) -> str:
        return f"{self.path.relative_to(ROOT)}:{self.line} imports {self.module}"

    @property
    def layer(self) -> str:
        return layer_of(module_of(self.path))


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def layer_of(module: str) -> str:
    """The row of the table: `nautilus_data.bus.message` is in `bus`, `app.views.price` in `app.views`."""
    top, *rest = module.split(".")
    if top == "app":
        return ".".join(["app", *rest[:1]])
    return rest[0] if rest else "root"


def is_ours(module: str) -> bool:
    return module.split(".")[0] in ("nautilus_data", "app")


def source_files() -> list[Path]:
    return sorted(path for folder in ("nautilus_data", "app") for path in (ROOT / folder).rglob("*.py"))


def imports_in(path: Path) -> Iterator[Import]:
    tree = ast.parse(path.read_text(), filename=str(path))
    inside = {
        id(node)
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
    }
    for node in ast.walk(tree):
        for module in modules_named(node):
            yield Import(path, node.lineno, module, id(node) in inside)


def modules_named(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if not isinstance(node, ast.ImportFrom):
        return []
    if node.level:
        return ["." * node.level + (node.module or "")]
    return [submodule(node.module, alias.name) for alias in node.names]


def submodule(package: str, name: str) -> str:
    """`from nautilus_data import bus` imports the folder; `from nautilus_data import Settings` only the package."""
    path = ROOT / package.replace(".", "/") / name
    return f"{package}.{name}" if is_ours(package) and (path.is_dir() or path.with_suffix(".py").exists()) else package


@cache
def all_imports() -> tuple[Import, ...]:
    return tuple(found for path in source_files() for found in imports_in(path))


def show(wrong: list[Import]) -> str:
    return "\n".join(map(str, wrong))


def test_every_folder_and_file_has_a_row_in_the_table() -> None:
    assert not {layer_of(module_of(path)) for path in source_files()} - set(MAY_IMPORT)


def test_layers_point_down() -> None:
    ours = [found for found in all_imports() if is_ours(found.module)]
    wrong = [found for found in ours if layer_of(found.module) not in MAY_IMPORT[found.layer][0] | {found.layer}]
    assert not wrong, show(wrong)


def test_each_layer_uses_only_its_own_packages() -> None:
    outside = [found for found in all_imports() if not is_ours(found.module) and not found.module.startswith(".")]
    wrong = [
        found
        for found in outside
        if (top := found.module.split(".")[0]) not in sys.stdlib_module_names and top not in MAY_IMPORT[found.layer][1]
    ]
    assert not wrong, show(wrong)


def test_services_import_nothing_of_each_other() -> None:
    wrong = [
        found
        for found in all_imports()
        if found.layer == "services"
        and found.module.startswith("nautilus_data.services.")
        # A service may be a folder.
        and found.module.split(".")[2] != module_of(found.path).split(".")[2]
        and found.module != SHARED_BY_SERVICES
        and found.path.name != "__init__.py"
    ]
    assert not wrong, show(wrong)


def test_the_tail_shared_by_services_imports_none_of_them() -> None:
    tail = ROOT / f"{SHARED_BY_SERVICES.replace('.', '/')}.py"
    assert not [found for found in imports_in(tail) if layer_of(found.module) == "services"]


@pytest.mark.parametrize("sibling", ["sources", "bus", "store", "factors", "risk", "engine"])
def test_siblings_never_import_each_other(sibling: str) -> None:
    siblings = {"sources", "bus", "store", "factors", "risk", "engine"} - {sibling}
    assert not MAY_IMPORT[sibling][0] & siblings


def test_nautilus_trader_is_imported_by_the_engine_alone() -> None:
    assert [layer for layer, (_, packages) in MAY_IMPORT.items() if "nautilus_trader" in packages] == ["engine"]


def test_imports_are_absolute() -> None:
    wrong = [found for found in all_imports() if found.module.startswith(".")]
    assert not wrong, show(wrong)


def test_an_import_inside_a_function_says_why() -> None:
    def is_explained(found: Import) -> bool:
        lines = found.path.read_text().splitlines()
        return "#" in lines[found.line - 1] or lines[found.line - 2].strip().startswith("#")

    wrong = [found for found in all_imports() if found.is_inside_function and not is_explained(found)]
    assert not wrong, show(wrong)


def test_only_settings_reads_the_environment() -> None:
    wrong = []
    for path in source_files():
        for node in ast.walk(ast.parse(path.read_text())):
            names = {getattr(node, "attr", ""), getattr(node, "id", ""), *modules_and_names(node)}
            if names & {"environ", "environb", "getenv"} and path.name != "settings.py":
                wrong.append(f"{path.relative_to(ROOT)}:{node.lineno} reads the environment")
    assert not wrong, "\n".join(wrong)


def modules_and_names(node: ast.AST) -> set[str]:
    return {alias.name for alias in node.names} if isinstance(node, ast.ImportFrom) else set()


def test_what_the_root_offers_exists() -> None:
    assert all(hasattr(nautilus_data, name) for name in nautilus_data.__all__)


def test_pages_and_reports_compute_nothing_with_pandas() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{node.lineno} calls {ast.unparse(node.func)}"
        for folder in ("pages", "reports")
        for path in sorted((ROOT / "app" / folder).glob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func).startswith(("pd.", "pandas."))
    ]
    assert not wrong, "\n".join(wrong)


def test_pages_are_files_alone() -> None:
    """`panel serve app/pages/*.py` would serve an __init__ as a page."""
    assert not (ROOT / "app" / "pages" / "__init__.py").exists()
