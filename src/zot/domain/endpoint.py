"""Where a request goes: settings into URLs, and what may stand in one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote, urlsplit

from zot.domain.error import BadSetting, InsecureDestination, SetupIncomplete, UsageError
from zot.domain.provider import ProviderProfile, Setting

_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
_VERSION = re.compile(r"^(v\d+[a-z0-9]*|compat)$")
_LOOPBACK = re.compile(r"127(\.(25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])){3}")


def expand(url: str, profile: ProviderProfile, environ: Mapping[str, str]) -> str:
    """Fill the `{placeholders}` of a provider's URL from its settings.

    Raises `SetupIncomplete` for a setting that is nowhere, `BadSetting` for one that cannot
    stand in a host or a path. `{model}` is left for the codec.
    """

    def value(match: re.Match[str]) -> str:
        name = match[1]
        if name == "model" or (setting := profile.settings.get(name)) is None:
            return match[0]
        return setting_value(name, setting, profile, environ)

    return _PLACEHOLDER.sub(value, url).rstrip("/")


def setting_value(
    name: str, setting: Setting, profile: ProviderProfile, environ: Mapping[str, str]
) -> str:
    """Return the value of one setting, checked against its pattern."""
    for variable in setting.env:
        if found := environ.get(variable, "").strip():
            if setting.pattern and not re.fullmatch(setting.pattern, found):
                raise BadSetting(
                    f"{variable} cannot stand in a URL of `{profile.id}`",
                    hint=f"it has to match {setting.pattern}",
                )
            return found
    if setting.default or not setting.required:
        return setting.default
    raise SetupIncomplete(
        f"`{profile.id}` needs {' or '.join(setting.env)} ({name.replace('_', ' ')})",
        hint=f"export {setting.env[0]}=…, or `zot login {profile.id}` for the whole set-up",
    )


def join(base_url: str, tail: str, version: str = "v1") -> str:
    """Append a wire's path to a base URL.

    A base that ends in a version segment (`/v1`, `/v4`, `/compat`) gets the tail as it is;
    any other gets the wire's own version first. So both `https://host` and
    `https://host/v1` name the same service.
    """
    base = base_url.rstrip("/")
    last = urlsplit(base).path.rsplit("/", 1)[-1]
    return base + tail if _VERSION.match(last) else f"{base}/{version}{tail}"


def path_segment(model_id: str) -> str:
    """Percent-encode a model id for use as one segment of a path."""
    return quote(model_id, safe="")


def is_loopback(host: str) -> bool:
    """Tell whether a host name can only be this machine."""
    name = host.lower().strip("[]")
    return name in {"localhost", "::1"} or _LOOPBACK.fullmatch(name) is not None


def check_destination(url: str, *, insecure_http: bool = False) -> None:
    """Refuse a base URL that would send a key or a prompt in the clear, or is no base URL."""
    wrong = UsageError(f"`{_shown(url)}` is not a base URL", hint="write it as https://host/v1")
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        raise wrong from None
    if parts.scheme not in {"http", "https"} or not host:
        raise wrong
    if parts.username is not None or parts.password is not None:
        raise UsageError(
            f"the base URL for {host} holds a user name or a password",
            hint="give the key with --api-key or a variable instead",
        )
    if "?" in url or "#" in url:
        raise UsageError(f"`{_shown(url)}` is not a base URL: it has a query or a fragment")
    if parts.scheme == "http" and not is_loopback(host) and not insecure_http:
        raise InsecureDestination(
            f"the request to {host} would go over plain http",
            hint="use https://, or --insecure-http if the network is yours",
        )


def _shown(url: str) -> str:
    """Return a URL without what may be a secret in it: the user's part, query, fragment."""
    return re.split(r"[?#]", url)[0].rpartition("@")[2]
