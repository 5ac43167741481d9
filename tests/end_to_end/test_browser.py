"""Every page in headless Chromium, served behind the wall: how it looks, what can be done, and for whom.

No request leaves this machine. Screenshots go to data/var/screenshots.
"""

import re
import zlib
from collections import Counter
from contextlib import suppress
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from playwright.sync_api import expect

from dashboards.words import LANGUAGES, words
from tests.browsing import CHROMIUM, PATHS, arrive, browsing, reading, serving, settle, visit
from tests.city import write_city

pytestmark = pytest.mark.slow
SCREENSHOTS = Path("data/var/screenshots")
SAY = words("en")


@pytest.fixture(scope="module")
def server(counted_day):
    """The dashboard of the small counted day."""
    with serving(counted_day.settings.data) as address:
        yield address


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    """The dashboard of three sites over fifteen months."""
    data = tmp_path_factory.mktemp("city")
    write_city(data / "released", sites=3, first=date(2025, 3, 1))
    with serving(data) as address:
        yield address


@pytest.fixture(scope="module")
def browser():
    if CHROMIUM is None:
        pytest.skip("needs Chromium (Debian package chromium)")
    with browsing() as browser:
        yield browser


@pytest.fixture
def page(browser, server, city):
    with reading(browser, (server, city)) as page:
        yield page
        assert page.failures == []
        assert page.elsewhere == []


def figure(page, label):
    """Where the figure under a label stands."""
    return page.get_by_test_id("stMetric").filter(has_text=label).get_by_test_id("stMetricValue")


def metric(page, label):
    """The figure under a label."""
    return figure(page, label).inner_text()


def changed(page, label, before):
    """The figure under a label, once it is another one."""
    expect(figure(page, label)).not_to_have_text(before)
    settle(page)
    return metric(page, label)


def number(text):
    return int(text.replace(",", ""))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", list(LANGUAGES))
@pytest.mark.parametrize("name", list(PATHS))
def test_every_page_opens_and_can_be_read_by_anybody(browser, city, server, name, language, scheme, capsys):
    from axe_playwright_python.sync_playwright import Axe

    # The small day has a plaza and a map of positions; the city has history.
    address = server if name in ("place", "plaza", "movements", "speeds", "conflicts") else city
    with reading(browser, (address,), color_scheme=scheme) as page:
        visit(page, f"{address}/{PATHS[name]}?lang={LANGUAGES[language]}", words(language)(name))
        assert page.get_by_test_id("stException").count() == 0
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        photograph(page, SCREENSHOTS / f"{name}_{language}_{scheme}.png")
        violations = Axe().run(page).response["violations"]
        assert page.failures == []
        assert page.elsewhere == []
    by_impact = Counter(violation["impact"] for violation in violations for _ in violation["nodes"])
    with capsys.disabled():
        print(f"\naxe {name} {language} {scheme}: {dict(by_impact) or 'none'}", end="")
    ours = [
        (violation["id"], node["html"], node["failureSummary"])
        for violation in violations
        if violation["impact"] in ("critical", "serious")
        for node in violation["nodes"]
    ]
    assert ours == []


def photograph(page, path):
    """The whole page; Streamlit scrolls inside of it, so that the window must be as high as what it shows."""
    height = page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
    page.set_viewport_size({"width": 1440, "height": min(height, 5_000)})
    settle(page)
    page.screenshot(path=path)


def test_choosing_classes_and_a_direction_changes_the_numbers(page, city):
    visit(page, f"{city}/site", "Site")
    everybody = metric(page, SAY("crossings_counted"))
    page.get_by_role("button", name="Car", exact=True).click()
    without_cars = changed(page, SAY("crossings_counted"), everybody)
    page.get_by_role("button", name=SAY("more_filters")).click()
    page.get_by_test_id("stPopoverBody").get_by_text(SAY("direction_forward"), exact=True).click()
    one_way = changed(page, SAY("crossings_counted"), without_cars)
    everybody, without_cars, one_way = map(number, (everybody, without_cars, one_way))
    assert everybody > without_cars > one_way > 0
    # Half of the traffic is cars and half of the rest goes forward, give or take chance.
    assert without_cars / everybody == pytest.approx(89 / 179, abs=0.02)
    assert one_way / without_cars == pytest.approx(0.5, abs=0.02)


def test_a_copied_link_reproduces_the_page(page, browser, city):
    visit(page, f"{city}/site?lang=Deutsch", words("de")("site"))
    counted = words("de")("crossings_counted")
    everybody = metric(page, counted)
    page.get_by_role("button", name=words("de").road_user("car"), exact=True).click()
    of_first_line = changed(page, counted, everybody)
    page.get_by_test_id("stMain").get_by_text("West", exact=True).click()
    shown = changed(page, counted, of_first_line)
    with reading(browser, (city,)) as other:
        visit(other, page.url, words("de")("site"))
        assert metric(other, counted) == shown
        assert other.get_by_role("heading", name="West: Verlauf").count() == 1


def test_filters_stay_from_page_to_page_and_in_every_language(page, city):
    visit(page, f"{city}/site?who=Pedestrian&period=Last+7+days", "Site")
    on_foot = metric(page, SAY("crossings_counted"))
    page.get_by_role("link", name="Compare", exact=True).click()
    arrive(page, "Compare")
    page.get_by_role("link", name="Site", exact=True).click()
    arrive(page, "Site")
    assert metric(page, SAY("crossings_counted")) == on_foot
    page.get_by_text("Deutsch", exact=True).click()
    arrive(page, words("de")("site"))
    assert metric(page, words("de")("crossings_counted")).replace(".", ",") == on_foot


def test_a_period_is_compared_with_a_year_before_and_with_own_dates(page, city):
    visit(page, f"{city}/compare", "Compare")
    page.get_by_text(SAY("compare_year_before"), exact=True).click()
    periods = "Mon 5 May 2025 – Sun 1 June 2025 against Mon 4 May 2026 – Sun 31 May 2026"
    expect(page.get_by_role("heading", level=2).first).to_contain_text(periods)
    visit(page, f"{city}/compare?with=own+dates&dates_before=2025-06-02&dates_before=2025-06-29", "Compare")
    heading = page.get_by_role("heading", level=2).first.inner_text()
    assert heading.startswith("Mon 2 June 2025 – Sun 29 June 2025 against")


def click_mark(page, chart, which):
    """Clicks where a mark of a chart is; Plotly listens on a layer above."""
    place = page.locator(f".st-key-{chart} .js-plotly-plot .points path").nth(which)
    place.scroll_into_view_if_needed()
    box = place.bounding_box()
    click_in(page, chart, box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


def click_in(page, chart, x, y):
    """Clicks into a chart once Plotly tells what is under the pointer."""
    page.mouse.move(x - 3, y)
    page.mouse.move(x, y)
    page.locator(f".st-key-{chart} .hoverlayer .hovertext").first.wait_for()
    page.mouse.down()
    page.mouse.up()


def test_a_click_on_the_map_chooses_the_site(page, city):
    visit(page, city, "Overview")
    before = metric(page, SAY("group_on_foot"))
    click_mark(page, "sites", 1)
    changed(page, SAY("group_on_foot"), before)
    assert "site=Site" in page.url


@pytest.mark.parametrize("layer", ["density", "velocity", "speed"])
def test_a_click_on_a_line_of_the_plan_shows_it_and_chooses_it_for_other_pages(page, server, layer):
    visit(page, f"{server}/place?layer={layer}", "Map")
    assert page.get_by_role("heading", name="Gate", exact=True).count() == 0
    click_mark(page, layer, -1)
    expect(page.get_by_role("heading", name="Gate", exact=True)).to_have_count(1)
    page.get_by_test_id("stPageLink").get_by_text(SAY("open_line", line="Gate")).click()
    arrive(page, "Site")
    assert page.get_by_role("heading", name="Gate by quarter-hour").count() == 1


def click_cell(page, chart, cell):
    """Clicks the place of a cell's mark, which is not seen."""
    plot = page.locator(f".st-key-{chart} .js-plotly-plot")
    plot.scroll_into_view_if_needed()
    x, y = plot.evaluate(
        """(plot, cell) => {
            const trace = plot._fullData.find(t => t.customdata?.[0]?.[0]?.startsWith?.(cell.split(':')[0] + ':'));
            const at = trace.customdata.findIndex(data => data[0] === cell);
            const box = plot.getBoundingClientRect(), layout = plot._fullLayout;
            const px = (axis, value) => axis._offset + axis.d2p(value);
            return [box.left + px(layout.xaxis, trace.x[at]), box.top + px(layout.yaxis, trace.y[at])];
        }""",
        cell,
    )
    click_in(page, chart, x, y)


@pytest.mark.parametrize("layer", ["density", "velocity", "speed"])
def test_a_click_on_a_cell_of_the_map_shows_its_figures_and_stands_in_the_link(page, browser, server, layer):
    visit(page, f"{server}/place?layer={layer}", "Map")
    cell = page.locator(f".st-key-{layer} .js-plotly-plot").evaluate(
        "plot => plot._fullData.find(t => t.customdata?.[0]?.[0]?.startsWith?.('cell:')).customdata[0][0]"
    )
    east, north = cell.removeprefix("cell:").split("_")
    click_cell(page, layer, cell)
    heading = SAY("cell_heading", east=east, north=north)
    expect(page.get_by_role("heading", name=heading)).to_have_count(1)
    settle(page)
    assert f"cell={east}_{north}" in page.url
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"cell_{layer}.png")
    with reading(browser, (server,)) as other:
        visit(other, page.url, "Map")
        assert other.get_by_role("heading", name=heading).count() == 1
    page.get_by_role("button", name=SAY("cell_forget")).click()
    expect(page.get_by_role("heading", name=heading)).to_have_count(0)
    assert "cell=" not in page.url


def test_a_click_on_an_hour_of_the_week_filters_every_page_until_it_is_given_back(page, browser, city):
    visit(page, f"{city}/site", "Site")
    everything = number(metric(page, SAY("crossings_counted")))
    click_cell(page, "week", "hour:2_8")
    expect(page.get_by_role("button", name="Only Tue 08:00 to 09:00")).to_have_count(1)
    settle(page)
    assert "hour=2_8" in page.url
    mean = metric(page, SAY("mean_per_whole_hour"))
    assert number(metric(page, SAY("crossings_counted"))) < everything / 20
    page.screenshot(path=SCREENSHOTS / "hour_of_week.png")
    with reading(browser, (city,)) as other:
        visit(other, page.url, "Site")
        assert metric(other, SAY("mean_per_whole_hour")) == mean
    click_cell(page, "week", "hour:7_3")
    chip = page.get_by_role("button", name="Only Sun 03:00 to 04:00")
    expect(chip).to_have_count(1)
    settle(page)
    page.get_by_role("link", name="Compare", exact=True).click()
    arrive(page, "Compare")
    assert "hour=7_3" in page.url
    chip.click()
    expect(chip).to_have_count(0)
    settle(page)
    assert "hour=" not in page.url
    page.get_by_role("link", name="Site", exact=True).click()
    arrive(page, "Site")
    assert number(metric(page, SAY("crossings_counted"))) == everything


def test_a_link_made_in_english_or_by_keys_opens_in_german(page, city):
    say = words("de")
    shown = []
    for link in ("who=Car&period=Last+7+days", "who=car&period=last_7_days"):
        visit(page, f"{city}/site?lang=de&site=site_001&line=west&{link}", say("site"))
        assert page.get_by_role("heading", name=say("series_hour", line="West")).count() == 1
        shown.append(metric(page, say("crossings_counted")))
    assert shown[0] == shown[1]
    visit(page, f"{city}/site?site=site_001&line=west&who=car&period=last_7_days", "Site")
    assert metric(page, SAY("crossings_counted")).replace(",", ".") == shown[0]


def focused(page):
    """What the keyboard is at."""
    return page.evaluate(
        "(e => e.getAttribute('aria-label') || e.innerText || e.tagName)(document.activeElement)",
    ).strip()


def test_a_page_is_used_without_a_mouse(page, city):
    visit(page, f"{city}/site", "Site")
    reached = []
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.append(focused(page))
    wanted = ["Overview", "English", SAY("site"), SAY("period"), "Car", SAY("more_filters"), "West"]
    for name in [*wanted, SAY("report_download"), "CSV"]:
        assert any(name in told for told in reached), (name, reached)
    page.get_by_role("button", name=SAY("more_filters")).focus()
    page.keyboard.press("Enter")
    page.get_by_role("combobox", name=SAY("hour_of_week")).focus()
    page.keyboard.type("Tue 08")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Only Tue 08:00 to 09:00")).to_have_count(1)


def inflated(pdf):
    """The contents of a PDF's compressed streams."""
    for stream in re.findall(rb"stream\r?\n(.*?)endstream", pdf, re.DOTALL):
        with suppress(zlib.error):
            yield zlib.decompressobj().decompress(stream)


def test_a_report_is_a_pdf(page, city):
    visit(page, f"{city}/site", "Site")
    with page.expect_download() as report:
        page.get_by_role("button", name=SAY("report_download")).click()
    content = Path(report.value.path()).read_bytes()
    assert content.startswith(b"%PDF-")
    said = content + b"".join(inflated(content))
    # Tagged, in English, with its title in the window and words for its drawings: what PDF/UA-1 asks for.
    for part in (b"/StructTreeRoot", b"/Marked true", b"/Lang", b"/DisplayDocTitle true", b"/Alt", b"pdfuaid"):
        assert part in said, part
    assert report.value.suggested_filename == "passant_site_000_2026-05-04_2026-05-31.pdf"


def test_a_charts_csv_is_what_it_shows(page, city):
    visit(page, f"{city}/site", "Site")
    with page.expect_download() as csv:
        page.locator(".st-key-trend-csv button").first.click()
    rows = pl.read_csv(csv.value.path())
    assert rows.columns == ["day", "count", "coverage"]
    assert rows.height == 28
    assert rows["count"].sum() == number(metric(page, SAY("crossings_counted")))


def test_a_chart_is_saved_as_a_picture(page, city):
    visit(page, f"{city}/site", "Site")
    chart = page.locator(".st-key-trend .js-plotly-plot")
    chart.hover()
    with page.expect_download() as picture:
        chart.locator("[data-title='Download plot as a PNG']").click()
    assert picture.value.suggested_filename == "passant_trend.png"
    assert Path(picture.value.path()).read_bytes().startswith(b"\x89PNG")


def test_a_table_is_downloaded_as_released(page, server):
    visit(page, f"{server}/downloads", "Downloads")
    with page.expect_download() as csv:
        page.get_by_role("button", name="flow_counts.csv").click()
    with page.expect_download() as parquet:
        page.get_by_role("button", name="flow_counts.parquet").click()
    rows = pl.read_parquet(parquet.value.path())
    assert rows["count"].sum() == 4
    assert pl.read_csv(csv.value.path()).height == rows.height
