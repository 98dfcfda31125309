"""The providers and credentials that the suite of the secret stores works with."""

from __future__ import annotations

from dataclasses import replace

from zot.domain.credential import ApiKey, OAuthToken
from zot.domain.provider import Endpoint, ProviderProfile
from zot.domain.secret import Secret
from zot.ports.secret_store import Kept

_WIRE = "openai-chat"


def _provider(name: str) -> ProviderProfile:
    endpoints = {_WIRE: Endpoint(f"https://{name}.example/v1")}
    return ProviderProfile(name, name.capitalize(), _WIRE, endpoints, stored=name)


ANTHROPIC = replace(_provider("anthropic"), slot="top")
OPENAI = replace(_provider("openai"), slot="top")
CODEX = replace(_provider("openai-codex"), slot="top", stored="openai", stored_field="oauth")
RESPONSES = _provider("openai-responses")
GROQ = _provider("groq")
COPILOT = replace(_provider("github-copilot"), stored_also=("github_copilot", "github-copilot"))
KEYLESS = replace(_provider("ollama"), stored="", slot="none", credential="none")

EVERYBODY = (ANTHROPIC, OPENAI, CODEX, RESPONSES, GROQ, COPILOT)
"""Every provider that has a record."""

SECRETS = ("access-canary", "refresh-canary")
LOGIN = OAuthToken(Secret(SECRETS[0]), Secret(SECRETS[1]), 1_788_256_800.25, "acct-ü")
LONG_LOGIN = OAuthToken(Secret("A" * 6000), Secret("R" * 4000), 1_788_256_800.0, "acct")


def key(text: str) -> ApiKey:
    """Return a key."""
    return ApiKey(Secret(text))


def same(found: Kept, wanted: Kept) -> bool:
    """Tell whether two credentials are the same, an expiry to the millisecond."""
    if isinstance(found, OAuthToken) and isinstance(wanted, OAuthToken):
        apart = abs((found.expires_at or 0) - (wanted.expires_at or 0))
        return apart < 0.001 and replace(found, expires_at=wanted.expires_at) == wanted
    return found == wanted
