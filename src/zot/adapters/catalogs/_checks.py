"""Each entry of models.json against its schema, its text, and who may have written it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from zot.adapters.catalogs._file import Doubt
from zot.adapters.catalogs._mistakes import (
    Mistake,
    crowded,
    explained,
    fields_of,
    kind,
    located,
    of_fault,
)
from zot.adapters.catalogs._positions import Document, Fault, Items, Members
from zot.adapters.catalogs._positions import Path as Steps
from zot.adapters.catalogs.schema import ModelEntry, ModelOverride, ProviderFields
from zot.domain.error import ConfigError

MOST_PROBLEMS = 1_000

_NEEDS_TRUST = ("baseUrl", "apiKey", "headers")
_MODELS = {"models": Items, "modelOverrides": Members}
_M = TypeVar("_M", bound=BaseModel)


class Whole(Exception):
    """The file as a whole is no use."""

    def __init__(self, error: ConfigError) -> None:
        super().__init__(error.message)
        self.error = error


class Checks:
    """What is wrong with a document, so far."""

    def __init__(self, file: Path, document: Document, doubt: Doubt | None) -> None:
        self.document = document
        self.problems: list[ConfigError] = []
        self.broken: dict[str, ConfigError] = {}
        self._file = file
        self._doubt = doubt
        self._linked = file.is_symlink()
        self._faults: dict[Steps, list[Fault]] = {}
        for fault in document.faults:
            self._faults.setdefault(_entry(fault.path), []).append(fault)

    def at(self, mistake: Mistake) -> ConfigError:
        """Return the error of a mistake, with its place in the file."""
        return located(self._file, self.document, mistake)

    def line(self, path: Steps) -> int:
        """Return the line on which the value at a path begins."""
        return int(self.document.place(self.document.find(path)).partition(":")[0])

    def report(self, errors: Sequence[ConfigError], *entries: str) -> None:
        """Note errors, and disable the entries that they belong to.

        Raises `Whole` once there are more than anybody would read.
        """
        for error in errors:
            self.problems.append(error)
            for entry in entries:
                self.broken.setdefault(entry, error)
        if len(self.problems) > MOST_PROBLEMS:
            last = self.problems[MOST_PROBLEMS]
            del self.problems[MOST_PROBLEMS:]
            raise Whole(ConfigError(last.where, f"more than {MOST_PROBLEMS} mistakes"))

    def in_order(self) -> tuple[ConfigError, ...]:
        """Return the problems in the order in which they stand in the file."""

        def place(error: ConfigError) -> list[int]:
            line_and_column = error.where.removeprefix(f"{self._file}:").partition(" ")[0]
            return [int(number) for number in line_and_column.split(":")]

        return tuple(sorted(self.problems, key=place))

    def faults_at(self, name: str) -> list[ConfigError]:
        """Return the faults of a field at the top itself, not of what stands in it."""
        found = self._faults.get((name,), [])
        return [of_fault(self._file, self.document, f) for f in found if f.path == (name,)]

    def faults_below(self, entry: Steps) -> list[ConfigError]:
        """Return the faults that belong to an entry."""
        return [of_fault(self._file, self.document, f) for f in self._faults.get(entry, [])]

    def provider(
        self, entry: Members, path: Steps
    ) -> tuple[ProviderFields | None, list[ConfigError]]:
        """Check a provider's own fields, and that its models are a list."""
        own = {name: value for name, value in entry.items() if name not in _MODELS}
        fields, errors = self._validated(ProviderFields, own, entry, path)
        for name, wanted in _MODELS.items():
            if name in entry and not isinstance(entry[name], wanted):
                word = "a list" if wanted is Items else "an object"
                problem = f"`{name}` has to be {word}, not {kind(entry[name])}"
                errors.append(self.at(Mistake((*path, name), problem)))
        if fields is not None and fields.api_key is not None and fields.api_key.command:
            errors += self._linked_command(path)
        return fields, errors

    def model(
        self, kind_of: type[ModelOverride], value: Any, path: Steps
    ) -> tuple[ModelOverride | None, list[ConfigError]]:
        """Check the entry of a model."""
        errors = self.faults_below(path)
        if not isinstance(value, Members):
            problem = f"a model has to be an object, not {kind(value)}"
            hint = 'write {"id": "…"}' if isinstance(value, str) else ""
            return None, [*errors, self.at(Mistake(path, problem, hint))]
        fields, found = self._validated(kind_of, value, value, path)
        return fields, [*errors, *found]

    def ids_meant(self, value: Any) -> list[str]:
        """Return the id of a model's entry; without one, whatever may have been meant as it.

        A request to one of these must not go to the provider's own host instead.
        """
        if not isinstance(value, Members):
            return [value] if isinstance(value, str) else []
        if isinstance(value.get("id"), str):
            return [value["id"]]
        known = {*fields_of(ModelEntry)} - {"name", "wireId"}
        return [text for name, text in value.items() if isinstance(text, str) and name not in known]

    def _validated(
        self, model: type[_M], own: dict[str, Any], entry: Members, path: Steps
    ) -> tuple[_M | None, list[ConfigError]]:
        for name, value in own.items():
            if (mistake := crowded((*path, name), value)) is not None:
                return None, [self.at(mistake)]
        if len(own) > len(model.model_fields) * 4:
            return None, [self.at(Mistake(path, f"has {len(own)} fields"))]
        errors = [self.at(mistake) for mistake in self._doubtful(entry, path)]
        try:
            fields = model.model_validate(own)
        except ValidationError as error:
            unsound = {fault.path for fault in self._faults.get(_entry(path), [])}
            mistakes = [m for m in explained(error, path, own, model) if m.path not in unsound]
            mistakes.sort(key=lambda m: self.document.find(m.path, name=m.name))
            return None, [*(self.at(mistake) for mistake in mistakes), *errors]
        return fields, errors

    def _doubtful(self, entry: Members, path: Steps) -> list[Mistake]:
        if self._doubt is None:
            return []
        return [
            Mistake(
                (*path, name),
                f"`{name}` counts only where nobody else can write, and {self._doubt.problem}",
                self._doubt.hint,
            )
            for name in _NEEDS_TRUST
            if entry.get(name)
        ]

    def _linked_command(self, path: Steps) -> list[ConfigError]:
        if not self._linked:
            return []
        problem = f"`apiKey` has a command, and {self._file} is a link"
        hint = "put the file itself there; no command is run from behind a link"
        return [self.at(Mistake((*path, "apiKey"), problem, hint))]


def _entry(path: Steps) -> Steps:
    """Return the path of the entry that a fault belongs to."""
    if path[:1] != ("providers",) or len(path) == 1:
        return path[:1]
    if len(path) > 3 and path[2] in _MODELS:
        return path[:4]
    return path[:2]
