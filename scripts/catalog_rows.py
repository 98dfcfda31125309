"""Turn the collected provider facts into the compact rows that zot ships."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase

from catalog_quirks import Sources, Table, departures, row_quirks, wire_quirks

CATALOG_WIRES = {"google-generative-ai": "google-generative"}
VERSION_SEGMENT = re.compile(r"^(v[0-9]+([a-z]+[0-9]*)?|compat)$")
SUFFIX = {"openai-chat": "/chat/completions", "openai-responses": "/responses"}
GENERATE = "/models/{model}:streamGenerateContent?alt=sse"
CODEC_HEADERS = {"accept", "content-type"}
MESSAGES_HEADERS = {"anthropic-version": "2023-06-01"}
DEFAULT_AUTH = {"anthropic-messages": "x-api-key", "google-generative": "x-goog-api-key"}
CATALOG_PROVIDER_KEYS = ("default_model", "fast_model")


def merge(base: Table, over: Table) -> Table:
    """Return `base` with `over` laid on top, table by table."""
    result = dict(base)
    for key, value in over.items():
        old = result.get(key)
        if isinstance(old, dict) and isinstance(value, dict):
            result[key] = merge(old, value)
        else:
            result[key] = value
    return result


def wire_name(name: str) -> str:
    """Return zot's name of a wire of the model catalog."""
    return CATALOG_WIRES.get(name, name)


def with_placeholders(url: str, names: dict[str, str]) -> str:
    """Spell the placeholders of a catalog URL the way the rows do."""
    for variable, name in names.items():
        url = url.replace("{" + variable + "}", "{" + name + "}")
    return url


def request_url(wire: str, endpoint: Table) -> str | None:
    """Return the URL a codec builds for an endpoint, None when the wire has no rule."""
    base = str(endpoint["base_url"])
    if "path" in endpoint:
        return base + str(endpoint["path"])
    versioned = bool(VERSION_SEGMENT.match(base.rsplit("/", 1)[-1]))
    if wire == "anthropic-messages":
        return base.removesuffix("/v1") + "/v1/messages"
    if wire == "google-generative":
        return base + ("" if versioned else "/v1beta") + GENERATE
    if wire in SUFFIX:
        return base + ("" if versioned else "/v1") + SUFFIX[wire]
    return None


def fact_routes(fact: Table) -> dict[str, Table]:
    """Return, per wire, the base, path and scheme that the facts state."""
    keys = ("base_url", "path", "path_non_stream", "auth", "headers")
    routes = {fact["wire"]: {key: fact[key] for key in keys if key in fact}}
    alternative = dict(fact.get("alt_wire", {}))
    if alternative:
        routes.setdefault(alternative.pop("wire"), alternative)
    for entry in fact.get("model_wires", {}).values():
        base = fact["base_url"]
        if "base_suffix" in entry:
            base = base.rsplit("/", 1)[0] + entry["base_suffix"]
        route = {"base_url": base, "path": entry["path"], "auth": entry["auth"]}
        routes.setdefault(entry["wire"], route)
    return routes


def endpoint(wire: str, route: Table, newer_base: str | None) -> Table:
    """Return one endpoint: the newer base wins, a path stays only where the rule is wrong."""
    base = newer_base or route["base_url"]
    made: Table = {"base_url": base}
    stated = route["base_url"] + route["path"] if route else None
    if stated and request_url(wire, made) != stated and base == route["base_url"]:
        made["path"] = route["path"]
    scheme = route.get("auth", DEFAULT_AUTH.get(wire, "bearer"))
    if scheme != "bearer":
        made["auth"] = scheme
    headers = {k: v for k, v in route.get("headers", {}).items() if k not in CODEC_HEADERS}
    if wire == "anthropic-messages":
        headers = MESSAGES_HEADERS | headers
    if headers:
        made["headers"] = headers
    return made


def endpoints(provider: str, sources: Sources) -> Table:
    """Return the endpoint of every wire that a provider serves."""
    routes = fact_routes(sources.fact(provider))
    names = sources.additions["placeholders"]
    bases = {
        wire_name(wire): with_placeholders(url, names)
        for wire, url in sources.listed(provider).get("endpoints", {}).items()
    }
    return {w: endpoint(w, routes.get(w, {}), bases.get(w)) for w in (routes | bases)}


def check_urls(provider: str, row: Table, sources: Sources) -> None:
    """Fail when an endpoint's URL is neither the facts' nor one the catalog moved."""
    if "base" in row["settings"]:  # the user says where it is
        return
    newer = {wire_name(wire) for wire in sources.listed(provider).get("endpoints", {})}
    for wire, route in fact_routes(sources.fact(provider)).items():
        made = row["endpoints"][wire]
        url, stated = request_url(wire, made), route["base_url"] + route["path"]
        moved = wire in newer and made["base_url"] != route["base_url"]
        if url != stated and not moved:
            raise ValueError(f"{provider}, {wire}: built {url}, the facts say {stated}")


def globs(fact: Table) -> list[list[str]]:
    """Return the model-to-wire patterns, exact ids before patterns, first match wins."""
    made = []
    for pattern, entry in fact.get("model_wires", {}).items():
        if pattern != "*" and (entry["wire"] != fact["wire"] or "*" not in pattern):
            prefix = entry.get("strip_prefix", "")
            made.append([pattern, entry["wire"], *([prefix] if prefix else [])])
    return sorted(made, key=lambda item: "*" in item[0])


def glob_wire(row: Table, model_id: str) -> str:
    """Return the wire that a row's patterns give a model, else the row's own."""
    found = (wire for glob, wire, *_ in row["models"] if fnmatchcase(model_id, glob))
    return str(next(found, row["wire"]))


def probe(fact: Table) -> Table:
    """Return how a key is tried before it is stored; empty when there is no way."""
    stated = fact.get("probe", {})
    url = stated.get("url") or stated.get("optional_url", "")
    if not url:
        return {}
    made: Table = {"url": url}
    if stated["method"] == "NONE":
        made["optional"] = True
    if stated["auth"] != "bearer":
        made["auth"] = stated["auth"]
    if not stated["validates"]:
        made["validates"] = False
    return made


def listing(fact: Table) -> Table:
    """Return where a provider lists its models; empty when it does not."""
    stated = fact.get("models", {})
    if not stated.get("url"):
        return {}
    keys = ("url", "headers", "filter_prefixes", "fallback_url", "fallback_statuses", "persist")
    made = {key: stated[key] for key in keys if key in stated}
    scheme = fact["probe"]["auth"]
    return made | ({"auth": scheme} if scheme != "bearer" else {})


def aliases(provider: str, facts: Table) -> list[str]:
    """Return the other names a provider goes by."""
    return [alias for alias, target in facts["aliases"].items() if target == provider]


def identity(provider: str, sources: Sources) -> Table:
    """Return the plain values of a row, those at their default left out."""
    fact, listed = sources.fact(provider), sources.listed(provider)
    extra = [v for v in fact["extra_env_optional"] if v in sources.additions["key_aliases"]]
    row: Table = {"name": fact["display_name"], "wire": fact["wire"], "env": fact["env"] + extra}
    row["stored"] = fact["stored_key"]
    if fact["auth_json"] != "additional":
        row["slot"] = fact["auth_json"]
    row["login"] = [method.replace("_", "-") for method in fact["login"]]
    row["key_url"] = fact["key_url"]
    row |= {key: listed[key] for key in CATALOG_PROVIDER_KEYS if key in listed}
    if listed.get("billing", "token") != "token":
        row["billing"] = listed["billing"]
    row["aliases"] = aliases(provider, sources.facts)
    row["models"] = globs(fact)
    return row


def drop_default(table: Table, key: str, default: str) -> None:
    """Leave out a value that stands at its default."""
    if table.get(key) == default:
        del table[key]


def build_row(provider: str, sources: Sources) -> Table:
    """Return the finished row of one provider."""
    own: Table = sources.additions["rows"].get(provider, {})
    fact = sources.fact(provider)
    if not fact:
        return own
    row = identity(provider, sources) | {"probe": probe(fact), "list": listing(fact)}
    row["settings"] = {}
    row["endpoints"] = endpoints(provider, sources)
    for wire in {**row["endpoints"], **own.get("endpoints", {})}:
        quirks = {} if wire == row["wire"] else wire_quirks(provider, wire, sources)
        row["endpoints"][wire] = row["endpoints"].get(wire, {}) | {"quirks": quirks}
    row = merge(row, own)
    row["quirks"] = departures(row["wire"], row_quirks(provider, sources))
    for wire, made in row["endpoints"].items():
        made["quirks"] = departures(wire, made["quirks"])
        drop_default(made, "auth", "bearer")
    drop_default(row, "slot", "additional")
    check_urls(provider, row, sources)
    return row


def vendor_pages(fact: Table) -> list[str]:
    """Return the vendor's own documents that the facts name."""
    pages = [s.removeprefix("docs:") for s in fact.get("sources", []) if s.startswith("docs:")]
    return [page for page in pages if "github.com" not in page]
