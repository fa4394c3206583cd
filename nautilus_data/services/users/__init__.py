"""Who may come in: users, their sessions, keys, tokens, and links they share."""

from nautilus_data.services.users.credentials import Credentials
from nautilus_data.services.users.keys import ApiKeys
from nautilus_data.services.users.known import Known
from nautilus_data.services.users.shares import Shares
from nautilus_data.services.users.tokens import Pair, Tokens
from nautilus_data.services.users.users import Users

__all__ = ["ApiKeys", "Credentials", "Known", "Pair", "Shares", "Tokens", "Users"]
