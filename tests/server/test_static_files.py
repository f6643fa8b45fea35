"""The page and its files: compressed, cached by content, complete or saying what is missing."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from touyan.server.static_files import CONSOLE, StaticFiles

CATALOGUES = CONSOLE / "static" / "i18n"


def _base() -> str:
    return f"/static/{StaticFiles().stamp}"


def test_files_come_compressed_and_are_kept_for_a_year(client: TestClient) -> None:
    """The second visit must cost nothing, and a new version must never mix with an old one."""
    answer = client.get(f"{_base()}/static/js/main.js")
    assert answer.headers["content-encoding"] == "gzip"
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-type"].startswith("text/javascript")


def test_an_old_stamp_is_served_but_not_kept(client: TestClient) -> None:
    """A page that was open over an update still finds its files."""
    answer = client.get("/static/old/static/js/main.js")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-cache")


def test_a_browser_without_gzip_gets_plain_files(client: TestClient) -> None:
    """Compression is an offer, not a demand."""
    answer = client.get(f"{_base()}/static/js/main.js", headers={"accept-encoding": "identity"})
    assert "content-encoding" not in answer.headers
    assert answer.content == (CONSOLE / "static/js/main.js").read_bytes()


@pytest.mark.parametrize(
    "path", ["../app.py", "static/../../app.py", "%2e%2e/app.py", "templates/operations.html", "static"]
)
def test_nothing_but_the_console_is_served(client: TestClient, path: str) -> None:
    """No path may reach the source, the templates or the disk."""
    assert client.get(f"{_base()}/{path}").status_code == 404


def test_files_compressed_by_the_build_are_taken_as_they_are(tmp_path: Path) -> None:
    """The build compresses once and best; the server must not do it again at each start."""
    folder = tmp_path / "vendor"
    folder.mkdir()
    (folder / "maplibre-gl.mjs").write_text("export {};")
    (folder / "maplibre-gl.mjs.gz").write_bytes(gzip.compress(b"by the build"))
    files = StaticFiles(tmp_path)
    assert files.complete
    assert gzip.decompress(files._files["vendor/maplibre-gl.mjs"].zipped) == b"by the build"


def test_without_the_third_party_modules_the_page_says_make_setup(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fresh clone without Node.js must show the remedy, not a blank page."""
    monkeypatch.setattr(StaticFiles, "complete", False)
    answer = client.get("/")
    assert answer.status_code == 503
    assert "make setup" in answer.text


@pytest.mark.parametrize(
    ("header", "query", "language"),
    [
        ("zh-CN,zh;q=0.9", "", "zh"),
        ("de,en;q=0.8", "", "en"),
        ("", "", "en"),
        ("en", "?lang=zh", "zh"),
        ("zh", "?lang=xx", "zh"),
    ],
)
def test_the_page_starts_in_the_language_of_its_reader(
    client: TestClient, header: str, query: str, language: str
) -> None:
    """The first paint and screen readers must have the right language before any script runs."""
    answer = client.get(f"/{query}", headers={"accept-language": header})
    assert f'<html lang="{language}"' in answer.text


def test_catalogues_have_equal_keys_and_placeholders() -> None:
    """A key missing in one language would show its name to a person."""
    english, chinese = (_words(language) for language in ("en", "zh"))
    assert english.keys() == chinese.keys()
    for key in english:
        assert _placeholders(english[key]) == _placeholders(chinese[key]), key
        assert bool(english[key]) == bool(chinese[key]), key


def test_every_key_that_the_page_names_is_in_the_catalogue() -> None:
    """A typing mistake in a key would otherwise be seen only by the person who reaches that corner."""
    known = _words("en").keys()
    scripts = "".join(path.read_text() for path in (CONSOLE / "static/js").rglob("*.js"))
    plain = set(re.findall(r'\b(?:t|pair|fact)\("([\w.]+)"', scripts))
    assert len(plain) > 20
    assert plain - known == set()
    stems = set(re.findall(r"\bt\(`([\w.]+)\.\$\{", scripts))
    assert all(any(key.startswith(f"{stem}.") for key in known) for stem in stems)


def _words(language: str) -> dict[str, str]:
    return dict(json.loads((CATALOGUES / f"{language}.json").read_text("utf-8")))


def _placeholders(words: str) -> set[str]:
    return set(re.findall(r"\{\w+\}", words))
