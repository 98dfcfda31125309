"""One example of every error, made by the code that raises it wherever that needs no network."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from zot.adapters.catalogs.builtin import shipped
from zot.adapters.sources.env import EnvSource
from zot.adapters.sources.flag import FlagSource
from zot.app.credentials import CredentialService
from zot.domain import error as errors
from zot.domain.credential import ApiKey, Origin, Place
from zot.domain.endpoint import check_destination, expand
from zot.domain.failure import Failure, refusal
from zot.domain.message import Message
from zot.domain.request import ChatRequest, ModelCall
from zot.domain.secret import Secret

CATALOG = shipped()
ROUTE = CATALOG.route("groq/llama-3.3-70b-versatile")
CALL = ModelCall(
    ROUTE.profile,
    ROUTE.endpoint,
    ROUTE.wire,
    ROUTE.endpoint.base_url,
    ROUTE.model,
    ChatRequest((Message.user("hi"),)),
    ApiKey(Secret("example")),
    Place(Origin.ENV, "GROQ_API_KEY"),
)
SEARCH = CredentialService([FlagSource(None, "--api-key"), EnvSource({})])
REFUSALS = (
    Failure(401, "Invalid API Key"),
    Failure(404, "The model does not exist", code="model_not_found"),
    Failure(400, "too many tokens", code="context_length_exceeded"),
    Failure(400, "flagged by the content policy", code="content_filter"),
    Failure(429, "Rate limit reached", retry_after=12.0),
    Failure(402, "Insufficient balance"),
    Failure(503, "try again later"),
    Failure(500, "Internal Server Error"),
    Failure(400, "`messages` must not be empty"),
)


def examples() -> dict[str, errors.ZotError]:
    """Return an example by slug."""
    made = [refusal(CALL, failure) for failure in REFUSALS]
    return {example.slug: example for example in (*made, *raised(), *written())}


def raised() -> Iterator[errors.ZotError]:
    """Provoke what the domain raises."""
    account = CATALOG.provider("cloudflare-workers-ai")
    url = next(iter(account.endpoints.values())).base_url
    [variable] = account.settings["account_id"].env[:1]
    for provoke in (
        lambda: CATALOG.provider("grog"),
        lambda: CATALOG.route("lama-3.3-70b-versatile"),
        lambda: SEARCH.resolve(ROUTE.profile).require(),
        lambda: check_destination("http://models.example/v1"),
        lambda: expand(url, account, {}),
        lambda: expand(url, account, {variable: "../elsewhere"}),
    ):
        yield caught(provoke)


def caught(provoke: Callable[[], object]) -> errors.ZotError:
    """Return the error that a call raises."""
    try:
        provoke()
    except errors.ZotError as error:
        return error
    raise AssertionError("the example raises nothing")


def written() -> Iterable[errors.ZotError]:
    """Return examples of what only files, stores and networks can provoke."""
    return (
        errors.UsageError(
            "there is nothing to ask", hint='zot "a question", or pipe one to zot on standard input'
        ),
        errors.ConfigError("config.json:3:12", "expected a comma"),
        errors.OverrideBroken(
            "models.json:4:9", "no field `contxt`", hint="did you mean `context`?"
        ),
        errors.LoginNeeded(
            "the stored login of `kimi` has expired", hint="log in again: zot login kimi"
        ),
        errors.LoginFailed(
            "there is no terminal to ask on; nothing was stored",
            hint="pipe the key in: zot login groq --stdin < FILE",
        ),
        errors.StoreLocked(
            "the keyring is locked", hint="unlock it, or name another store in ZOT_SECRET_STORE"
        ),
        errors.StoreBroken("cannot read auth.json: permission denied"),
        errors.CommandFailed(
            "`op` printed no key (exit status 1)", hint="run the command by hand to see why"
        ),
        errors.MeteredShadowsSubscription(
            "the metered key from ANTHROPIC_API_KEY would win over the subscription of `anthropic`",
            hint="unset ANTHROPIC_API_KEY, or leave out --no-metered",
        ),
        errors.Unreachable(
            "cannot connect to `groq` (api.groq.com)",
            hint="check the network, or the address given with --base-url",
        ),
        errors.TimedOut(
            "`groq` was silent for 120 s",
            hint="allow more with --timeout, or try another model",
        ),
        errors.StreamBroken("the answer of `groq` (api.groq.com) broke off", hint="ask again"),
        errors.TlsFailed(
            "`groq` (api.groq.com) could not prove who it is: self-signed certificate",
            hint="add your company's certificate with SSL_CERT_FILE; zot never skips the check",
        ),
        errors.RedirectRefused(
            "`groq` answered with a redirect to other.example; nothing was sent there",
            hint="give the final address with --base-url",
        ),
        errors.RegionUnsupported(
            "`amazon-bedrock` does not offer this model in eu-north-1",
            hint="choose a region that has it with AWS_REGION",
        ),
        errors.ZotError("ValueError in zot itself", hint="run it again with -vv, and report it"),
    )
