"""The key table of the source document, row by row, in `zot auth explain`."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from zot.adapters.catalogs.builtin import shipped
from zot.entrypoints.cli.main import main

FACTS = os.environ.get("ZOT_FACTS")
HEAD = "| Provider | Environment variable | Stored key |"
needs_facts = pytest.mark.skipif(not FACTS, reason="ZOT_FACTS is not set")


@dataclass(frozen=True)
class Row:
    """One row: the variables in their order, and the key of the store, which is the id too."""

    name: str
    variables: tuple[str, ...]
    stored: str

    def __str__(self) -> str:
        return self.stored


def read_rows() -> list[Row]:
    if not FACTS:
        return []
    text = (Path(FACTS).parent / "reference.md").read_text("utf-8")
    table = text.partition(HEAD)[2].partition("\n\n")[0]
    rows = []
    for line in table.splitlines()[2:]:
        name, variables, stored = (cell.strip() for cell in line.strip("| ").split("|"))
        rows.append(Row(name, tuple(re.findall(r"`([^`]+)`", variables)), stored.strip("`")))
    return rows


ROWS = read_rows()
each_row = pytest.mark.parametrize("row", ROWS, ids=str)
each_variable = pytest.mark.parametrize(
    ("row", "variable"), [(row, name) for row in ROWS for name in row.variables], ids=str
)
Explain = Callable[[Row], dict[str, Any]]


@pytest.fixture
def explain(capsys: pytest.CaptureFixture[str]) -> Explain:
    """Return what `zot auth explain PROVIDER --json` prints, as an object."""

    def ask(row: Row) -> dict[str, Any]:
        assert main(["auth", "explain", row.stored, "--json"]) == 0
        out, err = capsys.readouterr()
        assert "canary" not in out + err
        return dict(json.loads(out))

    return ask


@pytest.fixture
def store(zot_home: Path) -> Callable[[Row], None]:
    """Write a stored key the way the document says."""

    def write(row: Row) -> None:
        record = {row.stored: {"api_key": "sk-canary-stored"}}
        top = shipped().providers[row.stored].slot == "top"
        document = record if top else {"additional_api_key_creds": record}
        path = zot_home / "auth.json"
        path.write_text(json.dumps(document))
        path.chmod(0o600)

    return write


def winner(explained: dict[str, Any]) -> tuple[str, str]:
    return explained["credential"]["origin"], explained["credential"]["detail"]


@needs_facts
def test_the_table_has_thirty_rows_and_each_is_a_provider():
    assert len(ROWS) == 30
    assert [row.stored for row in ROWS if row.stored not in shipped().providers] == []


@needs_facts
def test_the_example_of_the_document_says_which_keys_stand_at_the_top():
    assert FACTS is not None
    text = (Path(FACTS).parent / "reference.md").read_text("utf-8")
    example = json.loads(
        text.partition("## Auth file")[2].partition("```json")[2].partition("```")[0]
    )
    for name in (*example, *example["additional_api_key_creds"]):
        if name != "additional_api_key_creds":
            assert (shipped().providers[name].slot == "top") == (name in example), name


@needs_facts
@each_variable
def test_each_variable_alone_is_the_credential(monkeypatch, explain, row, variable):
    monkeypatch.setenv(variable, "sk-canary-variable")
    explained = explain(row)
    assert winner(explained) == ("env", variable)
    assert explained["shadowed"] == []


@needs_facts
@each_row
def test_the_stored_key_alone_is_the_credential(explain, store, row):
    store(row)
    explained = explain(row)
    assert winner(explained) == ("store", row.stored)
    assert "auth.json" in explained["places"][-1]["where"]
    asked = [place["detail"] for place in explained["places"] if place["origin"] == "env"]
    assert tuple(asked[: len(row.variables)]) == row.variables


@needs_facts
@each_row
def test_the_variables_win_in_their_order_over_each_other_and_the_store(
    monkeypatch, explain, store, row
):
    store(row)
    for variable in row.variables:
        monkeypatch.setenv(variable, "sk-canary-variable")
    explained = explain(row)
    assert winner(explained) == ("env", row.variables[0])
    shadowed = [(place["origin"], place["detail"]) for place in explained["shadowed"]]
    assert shadowed == [*(("env", name) for name in row.variables[1:]), ("store", row.stored)]


@needs_facts
@each_row
def test_a_set_but_empty_variable_is_passed_by(monkeypatch, explain, store, row):
    store(row)
    for variable in row.variables:
        monkeypatch.setenv(variable, "")
    explained = explain(row)
    assert winner(explained) == ("store", row.stored)
    said = {place["detail"]: place["outcome"] for place in explained["places"]}
    assert [said[name] for name in row.variables] == ["empty"] * len(row.variables)


@needs_facts
@each_row
def test_the_key_of_another_provider_is_nobody_elses(monkeypatch, capsys, store, row):
    """What one provider is given, no provider that does not list it may use."""
    store(row)
    for variable in row.variables:
        monkeypatch.setenv(variable, "sk-canary-variable")
    mine = set(row.variables)
    others = [
        other for other in ROWS if other.stored != row.stored and not mine & {*other.variables}
    ]
    for other in others[:3]:
        assert main(["auth", "explain", other.stored, "--json"]) == 4
        first = json.loads(capsys.readouterr().out.splitlines()[0])
        assert first["credential"] is None
