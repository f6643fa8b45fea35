"""The operations page in a real browser: the city lives, people act, nothing leaves the machine."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import msgspec
import pytest
from playwright.sync_api import Page, Playwright, expect

from touyan.core.alert_records import Matcher, Silence
from touyan.core.alerts import Severity

from ..server.fake_city import FakeCity
from ..server.running import running_server
from .conftest import OpenTab
from .watching import FLAGS, NO_WEBGL, Ticker, Watched

AXE = Path(__file__).parents[2] / "node_modules/axe-core/axe.min.js"
AFTER_FRAMES = """(n) => new Promise((done) => {
    const step = () => (n-- > 0 ? requestAnimationFrame(step) : done());
    step();
})"""
SEVERITIES = [Severity.EXTREME, Severity.SEVERE, Severity.MODERATE, Severity.MINOR, Severity.UNKNOWN]


def _wait(page: Page, condition: str, argument: object = None) -> None:
    """Wait for a condition; a function, as the page's policy forbids eval."""
    page.wait_for_function(f"(argument) => {condition}", arg=argument, timeout=15_000)


def _frames(page: Page) -> int:
    return int(page.get_attribute(".map", "data-frames") or 0)


def _picture(page: Page) -> str:
    """The living canvas as pixels."""
    return str(page.evaluate("() => document.querySelector('.living').toDataURL()"))


def _glides(page: Page) -> bool:
    """Whether the picture changes while no new frame came, in any of ten looks."""
    for _ in range(10):
        frames, before = _frames(page), _picture(page)
        page.evaluate(AFTER_FRAMES, 4)
        if _picture(page) != before and _frames(page) == frames:
            return True
    return False


def test_vehicles_move_and_figures_change(open_tab: OpenTab, url: str) -> None:
    """The page must show a city that lives: frames come, pixels change, figures follow."""
    page = open_tab(url)
    expect(page.locator(".map")).to_have_attribute("data-renderer", "webgl")
    expect(page.locator(".connection")).to_have_text("Live")
    expect(page.locator(".badge")).to_have_text("Simulated")
    before, speed = _picture(page), page.locator("[data-figure=speed] .value").inner_text()
    _wait(page, "Number(document.querySelector('.map').dataset.frames) > argument + 1", _frames(page))
    assert _picture(page) != before
    assert page.get_attribute(".map", "data-vehicles") == "200"
    _wait(page, "document.querySelector('[data-figure=speed] .value').innerText !== argument", speed)
    assert "km/h" in speed


def test_the_first_view_is_light(open_tab: OpenTab, url: str) -> None:
    """A duty desk on a slow line must see the city soon: 1.2 MB at most."""
    page = open_tab(url)
    transferred = page.evaluate(
        "() => performance.getEntriesByType('resource').reduce((sum, resource) => sum + resource.transferSize, 0)"
    )
    assert 0 < transferred < 1_200_000


def test_an_alert_is_acknowledged_in_one_browser_and_closed_in_another(
    open_tab: OpenTab, url: str, city: FakeCity
) -> None:
    """Two people share one inbox: what one does the other sees, with name and note."""
    one, two = open_tab(url), open_tab(url)
    city.warn()
    one.locator(".alert-row").click()
    expect(one.locator(".evidence")).to_contain_text("0.95")
    one.fill(".signature input", "Lin")
    one.fill(".alert .note", "patrol sent")
    one.click("[data-action=acknowledge]")
    expect(two.locator("[data-filter=acknowledged] .count")).to_have_text("1", timeout=3_000)
    expect(two.locator("[data-filter=open] .count")).to_have_text("0")
    two.click("[data-filter=acknowledged]")
    two.keyboard.press("j")
    expect(two.locator(".log")).to_contain_text("patrol sent")
    expect(two.locator(".log")).to_contain_text("Lin")
    two.keyboard.press("c")
    expect(one.locator("[data-filter=closed] .count")).to_have_text("1", timeout=3_000)
    assert city.alerts()[0].log[-1].by == "operator"


def test_the_whole_alert_flow_works_by_keyboard(open_tab: OpenTab, url: str, city: FakeCity) -> None:
    """An operator keeps the hands on the keyboard: choose, look, take on, close, next."""
    page = open_tab(url)
    for _ in range(3):
        city.warn()
    expect(page.locator(".alert")).to_have_count(3)
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator(".alert-row[aria-expanded=true]")).to_be_focused()
    page.keyboard.press("Enter")
    _wait(page, "/at=30.2627/.test(location.hash)")
    page.keyboard.press("a")
    expect(page.locator("[data-filter=acknowledged] .count")).to_have_text("1")
    page.keyboard.press("k")
    page.keyboard.press("c")
    expect(page.locator("[data-filter=closed] .count")).to_have_text("1")
    page.focus(".signature input")
    page.keyboard.type("jack")
    expect(page.locator(".signature input")).to_have_value("jack")
    expect(page.locator("[data-filter=open] .count")).to_have_text("1")


def test_a_second_acknowledge_is_refused_with_who_and_when(
    open_tab: OpenTab, url: str, city: FakeCity, ticker: Ticker, watched: Watched
) -> None:
    """A click on a stale page must not pass for success."""
    page = open_tab(url)
    alert = city.warn()
    page.locator(".alert-row").click()
    ticker.pause()
    city.acknowledge(alert.identifier, "Wei")
    watched.expected.append("409")
    page.click("[data-action=acknowledge]")
    expect(page.locator(".notice")).to_contain_text("already “Acknowledged” by Wei at 08:0")


def test_severity_is_told_by_shape_and_word_and_filters_count(
    open_tab: OpenTab, url: str, city: FakeCity, ticker: Ticker
) -> None:
    """Colour alone excludes people; a count that differs from its list destroys trust; the severest comes first."""
    page = open_tab(url)
    ticker.pause()
    for severity in reversed(SEVERITIES):
        city.warn(severity=severity)
    ticker.resume()
    expect(page.locator(".alert")).to_have_count(5)
    expect(page.locator("[data-filter=open] .count")).to_have_text("5")
    shapes = page.evaluate("() => [...document.querySelectorAll('.alert .severity')].map((svg) => svg.innerHTML)")
    words = page.locator(".alert-severity").all_inner_texts()
    assert len(set(shapes)) == 5
    assert words == ["Extreme", "Severe", "Moderate", "Minor", "Unknown"]


def test_language_and_theme_switch_and_are_remembered(open_tab: OpenTab, url: str) -> None:
    """Each person has one language and one theme, chosen once."""
    page = open_tab(f"{url}/?lang=en", color_scheme="light")
    ground = "() => getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)
    page.get_by_role("button", name="中文").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh")
    expect(page.locator("#alerts-title")).to_have_text("告警")
    expect(page.locator(".badge")).to_have_text("模拟")
    expect(page.locator(".city strong")).to_have_text("网格 4×3")
    page.get_by_role("button", name="切换深色与浅色").click()
    assert page.evaluate(ground) != light
    page.reload()
    expect(page.locator("#alerts-title")).to_have_text("告警")
    assert page.evaluate(ground) != light
    expect(page).to_have_title("头雁 · 城市运行")


def test_the_system_preference_chooses_the_theme(open_tab: OpenTab, url: str) -> None:
    """Whoever chose nothing gets what the desktop is set to."""
    ground = "() => getComputedStyle(document.body).backgroundColor"
    dark, light = (open_tab(url, color_scheme=scheme).evaluate(ground) for scheme in ("dark", "light"))
    assert dark != light


def test_layers_switch_off_and_the_address_brings_the_view_back(open_tab: OpenTab, url: str) -> None:
    """A colleague who gets the link must see the same."""
    page = open_tab(url, reduced_motion="reduce")
    _wait(page, "location.hash.includes('at=')")
    whole_city = page.evaluate("() => location.hash")
    page.get_by_role("button", name="Zoom in").click()
    page.uncheck("[data-layer=signals]")
    page.uncheck("[data-layer=vehicles]")
    _wait(page, "/off=signals,vehicles/.test(location.hash) && !location.hash.startsWith(argument)", whole_city)
    address = page.url
    other = open_tab(address)
    expect(other.locator("[data-layer=signals]")).not_to_be_checked()
    expect(other.locator("[data-layer=roads]")).to_be_checked()
    assert other.url.split("&")[0] == address.split("&")[0] != whole_city


def test_a_click_on_the_map_tells_what_is_there(open_tab: OpenTab, url: str) -> None:
    """Whatever a person points at must say what it is."""
    page = open_tab(url)
    page.uncheck("[data-layer=vehicles]")
    page.uncheck("[data-layer=signals]")
    x, y = page.evaluate(
        """() => { const box = document.querySelector('.map').getBoundingClientRect();
                   return [box.x + box.width / 2, box.y + (box.height - 56) / 2]; }"""
    )
    page.mouse.click(x, y)
    expect(page.locator(".inspector")).to_contain_text("Roads")
    _wait(page, "location.hash.includes('thing=roads:')")


def test_a_silent_feed_is_said_aloud_and_comes_back(open_tab: OpenTab, url: str, ticker: Ticker) -> None:
    """Old data that look alive are worse than none."""
    page = open_tab(url)
    expect(page.locator(".connection")).to_have_text("Live")
    ticker.pause()
    expect(page.locator(".connection")).to_contain_text("Delayed", timeout=4_000)
    expect(page.locator(".connection")).to_contain_text("Offline", timeout=6_000)
    expect(page.locator(".connection .age")).to_contain_text("s old")
    frames, still = _frames(page), _picture(page)
    page.evaluate(AFTER_FRAMES, 30)
    assert (_frames(page), _picture(page)) == (frames, still)
    ticker.resume()
    expect(page.locator(".connection")).to_have_text("Live", timeout=5_000)


def test_a_server_that_went_away_is_found_again(
    open_tab: OpenTab, city: FakeCity, ticker: Ticker, watched: Watched
) -> None:
    """A restart of the server must not need a hand on every screen of the room."""
    watched.expected.append("WebSocket")
    with running_server(city) as url:
        page = open_tab(url)
        expect(page.locator(".connection")).to_have_text("Live")
    expect(page.locator(".connection")).to_contain_text("Offline", timeout=6_000)
    with running_server(city, port=int(url.rsplit(":", 1)[1])):
        expect(page.locator(".connection")).to_have_text("Live", timeout=6_000)


def test_the_end_of_a_run_is_no_failure(open_tab: OpenTab, url: str, city: FakeCity) -> None:
    """A run that came to its end must not look like a broken line."""
    page = open_tab(url)
    city.state = "finished"
    expect(page.locator(".connection")).to_have_text("Run finished")


def test_without_webgl_the_plain_map_lives(playwright: Playwright, url: str, watched: Watched, city: FakeCity) -> None:
    """Duty desktops without a GPU are common; they get the same city, and are told why it is plainer."""
    browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=[*FLAGS, NO_WEBGL])
    page = browser.new_page(locale="zh-CN")
    watched.follow(page, url)
    page.goto(url)
    expect(page.locator(".map")).to_have_attribute("data-renderer", "canvas")
    expect(page.locator(".plain-note")).to_contain_text("不支持 WebGL")
    before = _picture(page)
    _wait(page, "Number(document.querySelector('.map').dataset.frames) > argument + 1", _frames(page))
    assert _picture(page) != before
    address = page.url
    box = page.locator(".map").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 300, box["y"] + 300)
    page.mouse.wheel(0, -400)
    page.mouse.down()
    page.mouse.move(box["x"] + 400, box["y"] + 350, steps=4)
    page.mouse.up()
    _wait(page, "location.href !== argument", address)
    city.warn()
    expect(page.locator(".alert")).to_have_count(1)
    browser.close()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_telephone_shows_everything_without_scrolling_sideways(
    open_tab: OpenTab, url: str, city: FakeCity, language: str
) -> None:
    """The person on the street has 390 pixels and a thumb of 40."""
    page = open_tab(f"{url}/?lang={language}", width=390, height=844)
    city.warn()
    page.locator(".alert-row").click()
    page.locator("[data-action=acknowledge]").scroll_into_view_if_needed()
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 390
    small = page.evaluate(
        """() => [...document.querySelectorAll('button, summary')].filter((b) => b.offsetParent !== null)
                   .filter((b) => b.getBoundingClientRect().height < 40).map((b) => b.outerHTML.slice(0, 80))"""
    )
    assert small == []
    page.click("[data-action=acknowledge]")
    expect(page.locator("[data-filter=acknowledged] .count")).to_have_text("1")


def test_english_does_not_overflow_a_small_desktop(open_tab: OpenTab, url: str) -> None:
    """English words are longer than Chinese ones; none may run out of its box at 1280 pixels."""
    page = open_tab(f"{url}/?lang=en", width=1280, height=720)
    over = page.evaluate(
        """() => [...document.querySelectorAll('.head *, .filters *, .figures *, .keys *')]
                   .filter((e) => !e.matches('.visually-hidden') && getComputedStyle(e).display !== 'inline')
                   .filter((e) => e.clientWidth && e.scrollWidth > e.clientWidth + 1)
                   .map((e) => e.outerHTML.slice(0, 80))"""
    )
    assert over == []
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 1280


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_no_serious_barrier_is_found_by_axe(open_tab: OpenTab, url: str, city: FakeCity, theme: str) -> None:
    """People who see little or use a screen reader are operators too."""
    if not AXE.exists():
        pytest.skip("axe-core is not installed: run npm install")
    page = open_tab(url, color_scheme=theme)
    for severity in SEVERITIES:
        city.warn(severity=severity)
    page.locator(".alert-row").first.click()
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("async () => (await axe.run()).violations")
    serious = [(one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in {"serious", "critical"}]
    assert serious == [], json.dumps(serious, indent=1)


def test_calm_eyes_get_no_motion_between_frames(open_tab: OpenTab, url: str) -> None:
    """Whoever asked the system for little motion sees vehicles step, not glide."""
    assert not _glides(open_tab(url, reduced_motion="reduce"))
    assert _glides(open_tab(url, reduced_motion="no-preference"))


def test_eight_tabs_all_receive(open_tab: OpenTab, url: str) -> None:
    """Browsers stop at six connections of some kinds; a control room opens more screens than that."""
    context = open_tab(url).context
    for _ in range(7):
        page = context.new_page()
        page.goto(url)
        _wait(page, "Number(document.querySelector('.map')?.dataset.frames) > 1")


def test_an_alert_of_many_raw_ones_says_so_and_what_hides_it_is_named(
    open_tab: OpenTab, url: str, city: FakeCity
) -> None:
    """One line for a storm is right only if it tells how much is behind it; a silenced one must not look ignored."""
    page = open_tab(url)
    alert = city.warn()
    city.book.open([msgspec.structs.replace(alert, identifier="")])
    city.desk.silence(Silence("", (Matcher("alertname", "spill-back"),), city.now, city.now + 600, "Lin", "works"))
    page.locator(".alert-row").click()
    expect(page.locator(".evidence")).to_contain_text("2 from 1 places")
    expect(page.locator(".alert-row")).to_contain_text("hidden by silence-1")
