"""Mistakes of models.json: what, where, and what was probably meant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from zot.adapters.catalogs._compat import Compat, QuirkFields
from zot.adapters.catalogs._positions import Document, Fault, Items, Members, Path, pointer
from zot.adapters.catalogs._rules import Wrong, did_you_mean
from zot.adapters.catalogs._syntax import shown
from zot.adapters.catalogs.schema import Cost, CostTier
from zot.domain.error import ConfigError

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError

MOST_IN_ONE = 256
"""Members of one object, or items of one list, inside an entry."""

_WANTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "finite_number": "a number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "an object",
    "model_type": "an object",
    "model_attributes_type": "an object",
}
_INNER: dict[str, type[BaseModel]] = {
    "compat": Compat,
    "quirks": QuirkFields,
    "cost": Cost,
    "tiers": CostTier,
}


class Mistake(NamedTuple):
    """One mistake; `name` is True where it lies in the name of the value at `path`."""

    path: Path
    problem: str
    hint: str = ""
    name: bool = False


def located(file: object, document: Document, mistake: Mistake) -> ConfigError:
    """Return the error of a mistake: `path:line:column (pointer)`, problem, hint."""
    at = document.find(mistake.path, name=mistake.name)
    where = _where(file, document.place(at), mistake.path)
    return ConfigError(where, mistake.problem, hint=mistake.hint)


def of_fault(file: object, document: Document, fault: Fault) -> ConfigError:
    """Return the error of a value that is unsound in itself."""
    where = _where(file, document.place(fault.at), fault.path)
    return ConfigError(where, fault.problem, hint=fault.hint)


def _where(file: object, place: str, path: Path) -> str:
    return f"{file}:{place} ({pointer(path)})" if path else f"{file}:{place}"


def crowded(path: Path, value: Any) -> Mistake | None:
    """Return a mistake where an object or a list inside an entry is absurdly long."""
    if isinstance(value, Members):
        inner: list[tuple[str | int, Any]] = list(value.items())
    elif isinstance(value, Items):
        inner = list(enumerate(value))
    else:
        return None
    if len(inner) > MOST_IN_ONE:
        return Mistake(path, f"holds more than {MOST_IN_ONE} values")
    found = (crowded((*path, step), below) for step, below in inner)
    return next((mistake for mistake in found if mistake is not None), None)


def kind(value: Any) -> str:
    """Return what a JSON value is, in words; texts are not shown, they may be secret."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return shown(str(value))
        case str():
            return "text"
        case dict():
            return "an object"
        case _:
            return "a list"


def explained(
    error: ValidationError, path: Path, value: Any, model: type[BaseModel]
) -> list[Mistake]:
    """Return the mistakes that pydantic found in the entry at `path`."""
    found = []
    for line in error.errors(include_url=False, include_input=False):
        steps = tuple(step for step in line["loc"] if step != "[key]")
        problem, hint = _said(line, steps, value, model)
        in_name = line["loc"][-1:] == ("[key]",) or line["type"] == "extra_forbidden"
        wrong = line.get("ctx", {}).get("error")
        if isinstance(wrong, Wrong) and wrong.member:
            steps, in_name = (*steps, wrong.member), True
        found.append(Mistake((*path, *steps), problem, hint, in_name))
    return found


def fields_of(model: type[BaseModel]) -> list[str]:
    """Return the names of a model's fields as the file writes them.

    What a provider's models are is read one by one, beside the provider itself.
    """
    own = [field.alias or name for name, field in model.model_fields.items()]
    return [*own, "models", "modelOverrides"] if "discover" in own and "models" not in own else own


def _said(line: Any, steps: Path, value: Any, model: type[BaseModel]) -> tuple[str, str]:
    field = f"`{shown('/'.join(map(str, steps)))}`"
    given = _at(value, steps)
    context = line.get("ctx", {})
    match line["type"]:
        case "extra_forbidden":
            inner = [step for step in steps[:-1] if isinstance(step, str)]
            known = fields_of(_INNER.get(inner[-1], model) if inner else model)
            name = str(steps[-1])
            hint = did_you_mean(name, known) or f"known are {', '.join(known)}"
            return f"no field `{shown(name)}`", hint
        case "missing":
            return f"{field} is missing", ""
        case "value_error":
            wrong = context.get("error")
            if isinstance(wrong, Wrong):
                return f"{field} {wrong.problem}", wrong.hint
            return f"{field} is refused", ""
        case "literal_error":
            choices = str(context.get("expected", "")).replace("'", "`")
            said = str(steps[-1]) if line["loc"][-1:] == ("[key]",) else given
            if not isinstance(said, str):
                return f"{field} has to be {choices}, not {kind(said)}", ""
            hint = did_you_mean(said, choices.replace("`", "").replace(" or ", ", ").split(", "))
            return f"{field} has to be {choices}, not `{shown(said)}`", hint
        case "greater_than_equal":
            return f"{field} has to be at least {context['ge']:g}, not {kind(given)}", ""
        case "less_than_equal":
            return f"{field} has to be at most {context['le']:g}, not {kind(given)}", ""
        case other:
            wanted = _WANTED.get(other, "something else")
            return f"{field} has to be {wanted}, not {kind(given)}", ""


def _at(value: Any, steps: Path) -> Any:
    for step in steps:
        if isinstance(value, dict) and isinstance(step, str):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
    return value
