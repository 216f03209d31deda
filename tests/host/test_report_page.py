"""The report in a browser: nothing is fetched, complained about, missing or wider than the window."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from synthetic_comparison import bench_folder, comparison_folder

from tools.command.report_command import write_report

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
WIDTHS = (1280, 400)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of a bench run with a trace, a comparison, and a folder that cannot be read."""
    folder = tmp_path_factory.mktemp("report")
    damaged = folder / "damaged"
    damaged.mkdir()
    (damaged / "results.json").write_text('{"schema": 1, "benches": [')
    run, compared = bench_folder(folder / "run", trace=b"trace"), comparison_folder(folder / "compared")
    return write_report([run, compared, damaged], folder / "report.html")[0]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


class Visit:
    """A page that was opened from disk, with everything that happened to it."""

    def __init__(self, browser: Any, path: Path, width: int, **context: Any) -> None:
        self.page = browser.new_context(viewport={"width": width, "height": 800}, **context).new_page()
        self.said: list[str] = []
        self.asked: list[str] = []
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.goto(path.as_uri())

    def too_wide(self) -> list[str]:
        """What stands out of the window, but for what scrolls inside of itself."""
        return self.page.evaluate(
            """() => [...document.querySelectorAll('body *')].filter(element =>
                   !element.closest('.scroll > *, pre') && element.getBoundingClientRect().right
                   > document.documentElement.clientWidth + 0.5).map(element => element.outerHTML)"""
        )

    def hidden_images(self) -> list[str]:
        return self.page.evaluate(
            """() => [...document.images].filter(image => !image.complete || !image.naturalWidth ||
                   !image.alt || image.getBoundingClientRect().width < 100).map(image => image.alt)"""
        )


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_its_window_and_shows_every_picture(browser, report, width, scheme):
    visit = Visit(browser, report, width, color_scheme=scheme)
    page = visit.page
    for folded in page.query_selector_all("main details"):
        folded.evaluate("element => element.open = true")
    assert page.evaluate("document.images.length") > 5
    assert visit.hidden_images() == []
    assert visit.too_wide() == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert visit.said == []
    assert [url for url in visit.asked if not url.startswith("data:")] == [report.as_uri()]


def test_every_link_leads_somewhere(browser, report):
    page = Visit(browser, report, WIDTHS[0]).page
    targets = page.evaluate("[...document.links].map(link => link.getAttribute('href'))")
    anchors = [target[1:] for target in targets if target.startswith("#")]
    assert anchors and page.evaluate("names => names.filter(n => !document.getElementById(n))", anchors) == []
    assert page.evaluate(
        "new Set([...document.querySelectorAll('[id]')].map(e => e.id)).size"
    ) == page.evaluate("document.querySelectorAll('[id]').length")
    files = [target for target in targets if not target.startswith("#")]
    assert files == ["run/trace.pftrace"] and (report.parent / files[0]).is_file()


def test_contents_stay_in_sight(browser, report):
    page = Visit(browser, report, WIDTHS[0]).page
    page.evaluate("document.getElementById('again').scrollIntoView()")
    assert page.locator("nav a[href='#summary']").is_visible()
    assert page.evaluate("document.querySelector('nav').getBoundingClientRect().top") > -1
    narrow = Visit(browser, report, WIDTHS[1]).page
    assert not narrow.locator("nav a[href='#summary']").is_visible()
    narrow.locator("nav summary").click()
    assert narrow.locator("nav a[href='#summary']").is_visible()


def test_paper_has_all_rows_and_no_contents(browser, report):
    page = Visit(browser, report, WIDTHS[0]).page
    page.emulate_media(media="print")
    assert not page.locator("nav").is_visible()
    folded = page.locator("main details table")
    assert folded.count() and all(
        folded.nth(at).bounding_box()["height"] > 100 for at in range(folded.count())
    )
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_the_checks_can_fail(browser, report, tmp_path):
    broken = tmp_path / "wide.html"
    broken.write_text(report.read_text().replace("<main>", "<main><div style='width: 2000px'>wide</div>", 1))
    assert any("wide" in text for text in Visit(browser, broken, WIDTHS[0]).too_wide())
    picture = '<img alt="none" src="data:image/png;base64,AAAA">'
    script = "<script>console.error('said')</script><link rel='stylesheet' href='other.css'>"
    broken.write_text(f"<!DOCTYPE html>{picture}{script}")
    visit = Visit(browser, broken, WIDTHS[0])
    assert visit.hidden_images() == ["none"] and "said" in visit.said
    assert any(url.endswith("other.css") for url in visit.asked)
