"""Which family a model of the bedrock-converse wire is of, whatever its id is dressed in.

The same model is asked for by its plain id, by that of an inference profile
(`us.anthropic.…`) and by an ARN that ends in either:
https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles.html.
"""

from __future__ import annotations

from collections.abc import Iterable

from zot.domain.model import ModelSpec
from zot.domain.quirks import Globs, any_match

CLAUDE: Globs = ("anthropic.claude*",)
NOVA: Globs = ("amazon.nova*",)
GPT: Globs = ("openai.*",)
GPT_OSS: Globs = ("openai.gpt-oss*",)
KIMI: Globs = ("moonshot*",)
QWEN: Globs = ("qwen.*",)
THINKS_BY_BUDGET: Globs = (
    # https://docs.aws.amazon.com/bedrock/latest/userguide/claude-messages-extended-thinking.html
    "anthropic.claude-3-7*",
    "anthropic.claude-sonnet-4-20*",
    "anthropic.claude-opus-4-20*",
    "anthropic.claude-opus-4-1-*",
    "anthropic.claude-*-4-5-*",
)
_NO_CACHE: Globs = (
    # https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html
    "anthropic.claude-v*",
    "anthropic.claude-instant*",
    "anthropic.claude-3-haiku*",
    "anthropic.claude-3-sonnet*",
    "anthropic.claude-3-opus*",
    "anthropic.claude-3-5-sonnet*",
)
_NO_FORMAT: Globs = (
    # https://docs.aws.amazon.com/bedrock/latest/userguide/structured-output.html lists Claude
    # from 4.5 on, and of the others not these
    "amazon.*",
    "anthropic.claude-v*",
    "anthropic.claude-instant*",
    "anthropic.claude-3*",
    "anthropic.claude-sonnet-4-20*",
    "anthropic.claude-opus-4-20*",
    "anthropic.claude-opus-4-1-*",
)


def is_of(model: ModelSpec, globs: Globs) -> bool:
    """Tell whether a model matches one of the globs, by its own id or the one that is sent."""
    return any(any_match(globs, name) for name in _names(model))


def takes_cache_marks(model: ModelSpec) -> bool:
    """Tell whether a model wants to be told what to cache; Nova caches by itself."""
    return is_of(model, CLAUDE) and not is_of(model, _NO_CACHE)


def takes_format(model: ModelSpec) -> bool:
    """Tell whether a model can be held to a schema by `outputConfig`."""
    return bool(model.structured) and not is_of(model, _NO_FORMAT)


def is_in_gov(model: ModelSpec, base_url: str) -> bool:
    """Tell whether a request goes to a GovCloud region."""
    return ".us-gov-" in base_url or model.sent_id.startswith("us-gov.")


def _names(model: ModelSpec) -> Iterable[str]:
    for sent in dict.fromkeys((model.id, model.sent_id)):
        name = sent.rpartition("/")[2]
        yield name
        yield name.partition(".")[2]
