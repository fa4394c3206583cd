"""Settings in force: every setting with its value and where that comes from; of a secret only whether it is set."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from pydantic import SecretStr
from pydantic_settings import DotEnvSettingsSource, EnvSettingsSource

from nautilus_data.settings import Settings, env_file_named

DEFAULT, ENVIRONMENT, GIVEN = "default", "environment", "given at the start"
_SET, _NOT_SET = "set", "not set"
# What stands before @ in an address is a login.
_LOGIN = re.compile(r"(?<=://)[^/@\s]*@")


@dataclass(frozen=True)
class InForce:
    """One setting by its name in the environment; `value` as text, empty when it has none."""

    name: str
    value: str
    origin: str
    is_secret: bool
    description: str


def in_force(settings: Settings) -> list[InForce]:
    """All settings of this process, in the order they are described."""
    origins = _origins(settings)
    return [
        InForce(
            name.upper(),
            _shown(name, getattr(settings, name)),
            origins[name],
            _is_secret(name),
            field.description or "",
        )
        for name, field in Settings.model_fields.items()
    ]


def _origins(settings: Settings) -> dict[str, str]:
    """By name: the environment wins over the file, and both over the default."""
    file = env_file_named()
    in_environment = EnvSettingsSource(Settings).env_vars
    in_file = DotEnvSettingsSource(Settings, env_file=file).env_vars
    return {name: _origin(name, settings, in_environment, in_file, file) for name in Settings.model_fields}


def _origin(name: str, settings: Settings, in_environment: object, in_file: object, file: Path) -> str:
    if name not in settings.model_fields_set:
        return DEFAULT
    return ENVIRONMENT if name in in_environment else file.name if name in in_file else GIVEN


def _shown(name: str, value: object) -> str:
    if _is_secret(name):
        return _SET if value else _NOT_SET
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return _LOGIN.sub("•••@", str(value.value if isinstance(value, Enum) else value))


def _is_secret(name: str) -> bool:
    field = Settings.model_fields[name]
    # What `repr` leaves out is of a person, who need not be shown to all admins either.
    return not field.repr or field.annotation is SecretStr or SecretStr in getattr(field.annotation, "__args__", ())
