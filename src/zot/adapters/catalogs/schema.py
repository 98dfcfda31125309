"""The fields of models.json; `docs/reference/models.schema.json` is made of this."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PlainValidator,
    StringConstraints,
    WithJsonSchema,
)
from pydantic.alias_generators import to_camel

from zot.adapters.catalogs import _rules
from zot.adapters.catalogs._compat import Compat, QuirkFields
from zot.domain.provider import CustomKey

Tokens = Annotated[int, Field(ge=0, le=1_000_000_000, description="0 means not known")]
Dollars = Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False)]
Label = Annotated[str, AfterValidator(_rules.label)]
ModelId = Annotated[
    str,
    AfterValidator(_rules.model_id),
    WithJsonSchema({"type": "string", "pattern": f"^{_rules.MODEL_ID}$"}),
]
SentId = Annotated[str, AfterValidator(_rules.sent_id)]
ProviderId = Annotated[str, StringConstraints(pattern=f"^{_rules.PROVIDER_ID}$")]
Api = Annotated[
    str,
    AfterValidator(_rules.api),
    WithJsonSchema({"type": "string", "enum": ["", *_rules.APIS]}),
    Field(description="the wire that the server speaks; openai-chat where nothing is said"),
]
BaseUrl = Annotated[
    str,
    AfterValidator(_rules.base_url),
    Field(description="such as https://host/v1; plain http goes to this machine only"),
]
Headers = Annotated[
    dict[str, str],
    AfterValidator(_rules.headers),
    Field(description="sent with every request, as they stand; the key belongs in apiKey"),
]
Kind = Literal["text", "image", "pdf", "audio", "video"]
Level = Literal["off", "minimal", "minimum", "low", "medium", "high", "xhigh", "maximum", "max"]
LevelMap = Annotated[
    dict[Level, str | None],
    Field(description="what is sent for a level of reasoning; null where the model has it not"),
]
ApiKey = Annotated[
    CustomKey | None,
    PlainValidator(_rules.api_key),
    WithJsonSchema(
        {
            "description": "where the key is found",
            "anyOf": [
                {"type": "string", "minLength": 1, "description": "the key, `$NAME` or `${NAME}`"},
                {
                    "type": "object",
                    "properties": {"env": {"type": "string", "pattern": f"^{_rules.VARIABLE}$"}},
                    "required": ["env"],
                    "additionalProperties": False,
                },
                {
                    "type": "object",
                    "properties": {
                        "command": {"type": "array", "items": {"type": "string"}, "minItems": 1}
                    },
                    "required": ["command"],
                    "additionalProperties": False,
                },
            ],
        }
    ),
]


class Entry(BaseModel):
    """What every object of the file has in common: no field that zot does not know."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        alias_generator=to_camel,
        arbitrary_types_allowed=True,
        hide_input_in_errors=True,
    )


class Rates(Entry):
    """US dollars per 1,000,000 tokens."""

    input: Dollars = 0.0
    output: Dollars = 0.0
    cache_read: Dollars = 0.0
    cache_write: Dollars = 0.0


class CostTier(Rates):
    """Prices of a whole request whose prompt is longer than `inputTokensAbove` tokens."""

    input_tokens_above: Tokens
    input: Dollars
    output: Dollars


class Cost(Rates):
    """Prices in one object."""

    tiers: list[CostTier] = []


class ModelOverride(Entry):
    """What may be said of a model; a field that is left out stays as it is."""

    name: Label = ""
    wire_id: Annotated[SentId, Field(description="the id that is really sent")] = ""
    type: Literal["chat", "classifier", "image"] = "chat"
    api: Api = ""
    base_url: BaseUrl = ""
    reasoning: bool = False
    reasoning_level_map: LevelMap = {}
    thinking_level_map: LevelMap = {}
    input: list[Kind] = []
    output: list[Kind] = []
    context_window: Tokens = 0
    max_tokens: Tokens = 0
    price_input: Dollars = 0.0
    price_output: Dollars = 0.0
    price_cache_read: Dollars = 0.0
    price_cache_write: Dollars = 0.0
    cost: Cost = Cost()
    headers: Headers = {}
    compat: Compat = Compat()
    quirks: QuirkFields = QuirkFields()
    sampling_params: dict[str, Any] = {}


class ModelEntry(ModelOverride):
    """A model, new or built in."""

    id: ModelId


class ProviderFields(Entry):
    """What may be said of a provider, beside its models."""

    name: Label = ""
    base_url: BaseUrl = ""
    api: Api = ""
    api_key: ApiKey = None
    auth: Literal["", "none"] = ""
    auth_header: Annotated[bool, Field(description="send the key as a bearer token")] = False
    headers: Headers = {}
    oauth: str = ""
    compat: Compat = Compat()
    quirks: QuirkFields = QuirkFields()
    discover: Annotated[bool, Field(description="ask the server for its models")] = False


class ProviderEntry(ProviderFields):
    """A provider, new or built in."""

    models: list[ModelEntry] = []
    model_overrides: dict[ModelId, ModelOverride] = {}


class ModelsFile(BaseModel):
    """`$ZOT_HOME/models.json`."""

    model_config = ConfigDict(extra="forbid", strict=True, title="models.json of zot")

    schema_: Annotated[str, Field(alias="$schema")] = ""
    providers: dict[ProviderId, ProviderEntry] = {}
