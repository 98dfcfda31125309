"""Files with a mistake: the report is exact, and only what is wrong is disabled.

Each `broken/NAME.json` has its report beside it in `NAME.txt`: the mistakes, then what is
disabled, then what loads. A line `provider:` or `model:` names what the file still gives.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from zot.adapters.catalogs.user import overlay
from zot.domain.catalog import Catalog, Overlay
from zot.domain.error import ConfigError, OverrideBroken

FILES = sorted((Path(__file__).parent / "broken").glob("*.json"))


@pytest.fixture(params=FILES, ids=lambda path: path.stem)
def broken(request: pytest.FixtureRequest, file: Path) -> Path:
    shutil.copyfile(request.param, file)
    return Path(request.param)


def report(layer: Overlay, file: Path) -> str:
    lines = []
    for error in layer.problems:
        lines.append(str(error).removeprefix(str(file)).lstrip(":"))
        lines += [f"    hint: {error.hint}"] if error.hint else []
    lines.append("")
    lines += [
        f"disabled: {name.encode('unicode_escape').decode()}" for name in sorted(layer.broken)
    ]
    lines += ["disabled: whatever else the file may name"] if layer.unread else []
    lines += [f"provider: {name}" for name in sorted(layer.providers)]
    lines += [f"model: {name}/{id_}" for name, models in layer.models.items() for id_ in models]
    return "\n".join(lines).strip("\n") + "\n"


def test_there_are_more_than_thirty_broken_files():
    assert len(FILES) > 30


def test_the_report_of_a_broken_file_is_exact(broken: Path, file: Path, base: Catalog):
    expected = broken.with_suffix(".txt").read_text("utf-8")
    assert report(overlay(file, base), file) == expected


def test_only_what_a_broken_file_names_is_lost(
    broken: Path, file: Path, base: Catalog, lost: Callable[[Overlay], set[str]]
):
    layer = overlay(file, base)
    refs = {spec.ref for models in base.models.values() for spec in models.values()}
    named = {ref for ref in refs if ref in layer.broken or ref.split("/")[0] in layer.broken}
    assert lost(layer) == named


def test_every_message_begins_in_lower_case_and_has_no_full_stop(
    broken: Path, file: Path, base: Catalog
):
    for error in overlay(file, base).problems:
        assert not error.problem[0].isupper() or error.problem.split()[0] == "JSON"
        assert not error.problem.endswith(".")
        assert not error.hint.endswith(".")
        assert error.exit_code == 3


def test_what_is_disabled_fails_with_the_place_of_its_mistake(
    broken: Path, file: Path, base: Catalog
):
    layer = overlay(file, base)
    known = base.overlay(layer)
    for entry, error in layer.broken.items():
        ref = entry if "/" in entry else f"{entry}/any-model"
        with pytest.raises(OverrideBroken, match=r"models\.json:\d+:\d+") as caught:
            known.route(ref)
        assert caught.value.where == error.where
        assert caught.value.exit_code == 3


UNREADABLE = [f for f in FILES if "disabled: whatever" in f.with_suffix(".txt").read_text("utf-8")]


@pytest.mark.parametrize("source", UNREADABLE, ids=lambda path: path.stem)
def test_a_provider_that_only_an_unreadable_file_may_define_fails_with_its_mistake(
    source: Path, file: Path, base: Catalog
):
    shutil.copyfile(source, file)
    layer = overlay(file, base)
    known = base.overlay(layer)
    for ask in (lambda: known.route("my-gw/m1"), lambda: known.provider("my-gw")):
        with pytest.raises(ConfigError) as caught:
            ask()
        assert caught.value is layer.unread
