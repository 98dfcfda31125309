"""Everything that can go wrong, by name.

    ZotError                             1
      UsageError                         2  usage
        UnknownProvider, UnknownModel
      ConfigError                        3  config-broken
        OverrideBroken, BadSetting
      CredentialError                    4
        MissingCredential, CredentialRejected, LoginNeeded, LoginFailed, SetupIncomplete,
        StoreLocked, StoreBroken, CommandFailed, MeteredShadowsSubscription,
        InsecureDestination
      TransportError                     5
        Unreachable, TimedOut, StreamBroken, TlsFailed
      ProviderError                      6
        RequestRejected, ModelNotFound, ContextTooLong, ContentBlocked, RateLimited,
        QuotaSpent, Overloaded, ProviderFailed, RedirectRefused, RegionUnsupported

Each class has a `slug`, the name people can search for, and the exit status that the
command line gives it. Messages start in lower case and end without a full stop; the
remedy is the `hint`. One file, since the tree above is its table of contents.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from zot.domain.credential import Place
    from zot.domain.reply import Reply


class ZotError(Exception):
    """Any failure that zot foresees.

    `facts` are lines that stand below the message. `partial` holds what had arrived of an
    answer that broke off. `status`, `code`, `request_id` and `retry_after` (seconds) are
    the provider's own words, where it said any.
    """

    slug: ClassVar[str] = "unexpected"
    exit_code: ClassVar[int] = 1
    retryable: bool = False
    status: int | None = None
    code: str | None = None
    request_id: str | None = None
    retry_after: float | None = None
    partial: Reply | None = None

    def __init__(self, message: str, *, hint: str = "", facts: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.facts = tuple(facts)

    def __reduce__(self) -> tuple[object, ...]:
        """Let an error travel to another process, whatever its constructor takes."""
        return _again, (type(self), self.args, self.__dict__)


def _again(kind: type[ZotError], args: tuple[object, ...], state: dict[str, object]) -> ZotError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(state)
    return error


class UsageError(ZotError):
    """The request itself makes no sense: an option, a value, a combination."""

    slug = "usage"
    exit_code = 2


def _did_you_mean(nearest: Sequence[str], otherwise: str) -> str:
    if not nearest:
        return otherwise
    return "did you mean " + " or ".join(f"`{name}`" for name in nearest) + "?"


class UnknownProvider(UsageError):
    """Nobody of that name is in the catalog."""

    slug = "unknown-provider"

    def __init__(self, name: str, nearest: Sequence[str] = ()) -> None:
        super().__init__(
            f"no provider named `{name}`",
            hint=_did_you_mean(nearest, "`zot providers` lists them"),
        )
        self.name = name
        self.nearest = tuple(nearest)


class UnknownModel(UsageError):
    """No provider was named and the catalog cannot tell whose model it is."""

    slug = "unknown-model"

    def __init__(self, name: str, nearest: Sequence[str] = ()) -> None:
        super().__init__(
            f"no model named `{name}`, and no provider was named",
            hint=_did_you_mean(nearest, "`zot models` lists them; `--provider` sends any id"),
        )
        self.name = name
        self.nearest = tuple(nearest)


class ConfigError(ZotError):
    """A file that a person wrote is wrong; `where` is path, line and column."""

    slug = "config-broken"
    exit_code = 3

    def __init__(self, where: str, problem: str, *, hint: str = "") -> None:
        super().__init__(f"{where}: {problem}", hint=hint)
        self.where = where
        self.problem = problem


class OverrideBroken(ConfigError):
    """The entry of `models.json` that this request needs is disabled by a mistake."""

    slug = "override-broken"


class BadSetting(ZotError):
    """A region, account, gateway, deployment or project that cannot stand in a URL."""

    slug = "bad-setting"
    exit_code = 3


class CredentialError(ZotError):
    """No usable credential."""

    exit_code = 4


class MissingCredential(CredentialError):
    """No place had a credential."""

    slug = "missing-credential"

    def __init__(self, provider: str, tried: Sequence[Place], ways: Sequence[str] = ()) -> None:
        places = [str(place) for place in tried]
        super().__init__(
            f"no credential for `{provider}`",
            facts=[f"looked in: {', '.join(places)}"] if places else [],
            hint="\nor ".join(ways) or f"`zot auth explain {provider}` shows every place",
        )
        self.provider = provider
        self.tried = tuple(tried)


class CredentialRejected(CredentialError):
    """The provider refused the credential (401 or 403)."""

    slug = "credential-rejected"


class LoginNeeded(CredentialError):
    """A stored login is no longer good."""

    slug = "login-needed"


class LoginFailed(CredentialError):
    """A login did not come to a stored credential."""

    slug = "login-failed"


class SetupIncomplete(CredentialError):
    """The provider needs a setting beside its credential, and it is not there."""

    slug = "setup-incomplete"


class StoreLocked(CredentialError):
    """The secret store has to be unlocked first."""

    slug = "store-locked"


class StoreBroken(CredentialError):
    """The secret store cannot be read or written."""

    slug = "store-broken"


class CommandFailed(CredentialError):
    """The command that should print a key did not."""

    slug = "command-failed"


class MeteredShadowsSubscription(CredentialError):
    """A metered key would win over a stored subscription, and that is not allowed."""

    slug = "metered-shadows-subscription"


class InsecureDestination(CredentialError):
    """The credential or the prompt would go over plain HTTP to another machine."""

    slug = "insecure-destination"


class TransportError(ZotError):
    """The network failed."""

    exit_code = 5
    retryable = True


class Unreachable(TransportError):
    """No connection."""

    slug = "unreachable"


class TimedOut(TransportError):
    """A deadline passed."""

    slug = "timeout"


class StreamBroken(TransportError):
    """The answer broke off, or is no sound stream of its wire."""

    slug = "stream-broken"


class TlsFailed(TransportError):
    """The other side could not prove who it is."""

    slug = "tls-failed"
    retryable = False


class ProviderError(ZotError):
    """The provider answered, and refused or failed."""

    exit_code = 6


class RequestRejected(ProviderError):
    """The provider does not take this request."""

    slug = "request-rejected"


class ModelNotFound(ProviderError):
    """The provider does not know the model."""

    slug = "model-not-found"


class ContextTooLong(ProviderError):
    """The conversation does not fit the model's window."""

    slug = "context-too-long"


class ContentBlocked(ProviderError):
    """A filter of the provider stopped the request."""

    slug = "content-blocked"


class RateLimited(ProviderError):
    """Too many requests or tokens at once."""

    slug = "rate-limited"


class QuotaSpent(ProviderError):
    """The account has nothing left; waiting does not help."""

    slug = "quota-spent"


class Overloaded(ProviderError):
    """The provider has no room just now."""

    slug = "overloaded"


class ProviderFailed(ProviderError):
    """The provider broke."""

    slug = "provider-failed"


class RedirectRefused(ProviderError):
    """The provider pointed elsewhere; zot does not follow with a key or a prompt."""

    slug = "redirect-refused"


class RegionUnsupported(ProviderError):
    """The model is not offered where the request would go."""

    slug = "region-unsupported"
