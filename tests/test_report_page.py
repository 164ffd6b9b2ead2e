"""Reports in headless Chromium: what a reader sees, clicks and types."""

import numpy as np
import pytest
from chromium import chromium, many_minima
from selenium.webdriver import ActionChains, Keys
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

import morsebar as mb

pytestmark = pytest.mark.chromium

MOST_MARKS = 5000
HOSTILE = "<script>alert(1)</script>"
# Marks are segments of the paths of shapes, each of which begins with an M.
MARKS = """return [...document.querySelectorAll(`#${arguments[0]} .shapelayer path`)]
    .filter((path) => path.style.strokeDasharray === "")
    .reduce((n, path) => n + (path.getAttribute("d").match(/M/g) ?? []).length, 0);"""


@pytest.fixture(scope="module")
def browser():
    with chromium() as driver:
        yield driver


class Reader:
    """Someone who looks at a report."""

    def __init__(self, driver, path, *, dark=False):
        self.driver = driver
        features = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        driver.get(path.as_uri())
        self.run = driver.execute_script

    def find(self, selector):
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def text(self, selector):
        return self.find(selector).text

    def complaints(self):
        return self.driver.get_log("browser")

    def kept(self):
        return int(self.text("#kept").split(" of ")[0].replace(",", ""))

    def listed(self):
        return int(self.find("#table").get_attribute("aria-rowcount")) - 1

    def wait(self, condition):
        WebDriverWait(self.driver, 5, poll_frequency=0.02).until(lambda _: condition())

    def column(self, name):
        """What stands in a column of the rows in sight."""
        names = [head.get_attribute("data-column") for head in self.all("#head button")]
        rows = self.run(
            """return [...document.querySelectorAll(".row:not([hidden])")]
            .sort((a, b) => a.ariaRowIndex - b.ariaRowIndex)
            .map((row) => row.children[arguments[0]].textContent)""",
            names.index(name),
        )
        return [float(text.replace("∞", "inf").replace("–", "nan")) for text in rows]

    def all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def marks(self, picture):
        return self.run(MARKS, picture)

    def at(self, picture, x, y):
        """Where a place on the axes of a picture is in the window."""
        return self.run(
            """const element = document.getElementById(arguments[0]);
            element.scrollIntoView({ block: "center" });
            const box = element.querySelector(".nsewdrag").getBoundingClientRect();
            const [[x0, x1], [y0, y1]] = [element.layout.xaxis.range, element.layout.yaxis.range];
            return [box.left + (arguments[1] - x0) / (x1 - x0) * box.width,
                    box.bottom - (arguments[2] - y0) / (y1 - y0) * box.height];""",
            picture,
            float(x),
            float(y),
        )

    def move(self, place):
        actions = ActionChains(self.driver, duration=0)
        actions.w3c_actions.pointer_action.move_to_location(*map(round, place))
        return actions

    def point(self, place):
        self.move(place).perform()

    def click(self, place):
        actions = self.move(place)
        actions.w3c_actions.pointer_action.click()
        actions.perform()

    def press(self, *keys):
        for key in keys:
            ActionChains(self.driver, duration=0).send_keys(key).perform()

    @property
    def selected(self):
        """The number of the selected bar, counted from 1, or None."""
        title = self.text("#details h2")
        return int(title.split()[1].replace(",", "")) if title.startswith("Bar ") else None


@pytest.fixture(scope="module")
def land():
    return mb.landscape(mb.objectives.egg_crate, n_samples=10_000)


@pytest.fixture(scope="module")
def path(land, tmp_path_factory):
    return land.report(tmp_path_factory.mktemp("report") / "egg crate.html")


@pytest.fixture
def reader(browser, path):
    reader = Reader(browser, path)
    yield reader
    assert reader.complaints() == []


# Opening


def curve():
    t = np.linspace(-3, 3, 2001)
    return mb.Landscape.from_samples(t, np.sin(9 * t) + t**2 / 3, graph=mb.Grid(len(t)))


def islands():
    x, y = np.meshgrid(np.linspace(-3, 3, 41), np.linspace(-1, 1, 21), indexing="ij")
    values = np.where(np.abs(x) < 0.5, np.inf, np.cos(4 * x) + y**2)
    points = np.column_stack([x.ravel(), y.ravel()])
    return mb.Landscape.from_samples(points, values, graph=mb.Grid(x.shape))


def nothing():
    return mb.Landscape.from_samples(np.zeros((3, 2)), np.full(3, np.inf), graph=mb.Grid(3))


def deep():
    return mb.landscape(mb.objectives.get("styblinski-tang", d=3), n_samples=10_000)


@pytest.mark.parametrize("make", [curve, islands, nothing, deep])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_opens_without_a_complaint(browser, tmp_path, make, dark):
    land = make()
    reader = Reader(browser, land.report(tmp_path / "page.html"), dark=dark)
    assert reader.kept() == len(land.barcode.significant())
    assert reader.marks("tree") == reader.kept()
    for bar in range(min(2, reader.kept())):
        reader.run("document.querySelectorAll('.row')[arguments[0]].click()", bar)
        assert reader.selected == bar + 1
    assert reader.complaints() == []
    assert reader.run("return performance.getEntriesByType('resource').length") == 0


def test_an_objective_named_like_a_script_is_text(browser, tmp_path):
    def objective(points):
        return np.cos(points).sum(axis=1)

    objective.__name__ = HOSTILE
    land = mb.landscape(objective, [(-9, 9)] * 2, n_samples=2000)
    reader = Reader(browser, land.report(tmp_path / "page.html"))
    assert reader.text("h1") == HOSTILE
    assert browser.title.startswith(HOSTILE)
    assert reader.run("return document.scripts.length") == 3
    assert reader.complaints() == []


# Threshold


def test_the_threshold_starts_where_it_is_suggested(reader, land):
    assert float(reader.find("#threshold").get_attribute("value")) == land.barcode.threshold()
    assert reader.text("#kept").endswith(land.barcode.significant().selection)
    assert reader.kept() == len(land.barcode.significant())


@pytest.mark.parametrize("step", [0, 300, 700, 1000])
def test_the_slider_cuts_everything(reader, land, step):
    slider = "const slider = document.getElementById('slider'); slider.value = arguments[0];"
    before = reader.text("#kept")
    reader.run(slider + "slider.dispatchEvent(new Event('input'))", step)
    reader.wait(lambda: reader.text("#kept") != before)
    threshold = float(reader.find("#threshold").get_attribute("value"))
    chosen = land.barcode.significant(min_persistence=threshold)
    assert len(chosen) == {0: len(land.barcode), 1000: 1}.get(step, len(chosen))
    assert reader.kept() == reader.listed() == len(chosen)
    assert reader.marks("bars") == reader.marks("tree") == len(chosen)
    assert reader.marks("scene") == 2 * len(chosen)  # each with its rim
    assert set(reader.column("minimum")) <= set(chosen.minima.tolist())


def test_a_threshold_can_be_typed_and_taken_back(reader, land):
    field = reader.find("#threshold")
    field.clear()
    field.send_keys("1000", Keys.ENTER)
    assert reader.kept() == land.barcode.n_essential
    reader.find("#suggested").click()
    assert reader.kept() == len(land.barcode.significant())


def test_samples_are_coloured_by_the_kept_branches(browser, tmp_path):
    land = deep()
    reader = Reader(browser, land.report(tmp_path / "page.html"))
    colors = """return new Set([...document.querySelectorAll("#scene .shapelayer path")]
        .map((path) => path.style.stroke)).size"""
    many = reader.run(colors)
    field = reader.find("#threshold")
    field.clear()
    field.send_keys("1000", Keys.ENTER)
    assert reader.run(colors) < many


# Pointing and clicking


def test_pointing_at_a_bar_tells_of_it(reader, land):
    bar = land.barcode.significant()[1]
    row = sorted(land.barcode.significant().births.tolist()).index(bar.birth)
    reader.point(reader.at("bars", (bar.birth + bar.death) / 2, row))
    lines = reader.text("#tip").splitlines()
    assert lines[0] == "Bar 2"
    places = dict(line.split(" ", 1) for line in lines[1:])
    assert places["Parent"] == f"bar 1, minimum {bar.parent:,}"
    for name, vertex in (("Minimum", bar.minimum), ("Saddle", bar.saddle)):
        number, place = places[name].split(" at ")
        assert number == f"{vertex:,}"
        np.testing.assert_allclose(eval(place), land.points[vertex], rtol=1e-4)
    reader.point((2, 2))
    assert not reader.find("#tip").is_displayed()


def test_a_click_on_a_bar_marks_its_branch(reader, land):
    bar = land.barcode.significant()[1]
    row = sorted(land.barcode.significant().births.tolist()).index(bar.birth)
    reader.click(reader.at("bars", (bar.birth + bar.death) / 2, row))
    assert reader.selected == 2
    assert reader.text("#scene-note").startswith(
        f"{bar.size:,} samples of the {bar.size:,} in the branch of bar 2"
    )
    # All others fade, in each picture.
    opaque = """return [...document.querySelectorAll(`#${arguments[0]} .shapelayer path`)]
        .filter((path) => path.style.opacity === "1" && path.style.strokeDasharray === "")
        .map((path) => path.getAttribute("d").match(/M/g).length)"""
    assert reader.run(opaque, "bars") == [1]
    assert reader.run(opaque, "tree") == [1]
    reader.press(Keys.ESCAPE)
    assert reader.selected is None


def test_a_click_on_a_branch_or_a_minimum_selects_it(reader, land):
    chosen = land.barcode.significant()
    order = np.argsort(np.argsort(reader.run("return Array.from(bars.leaf)")[: len(chosen)]))
    reader.click(reader.at("tree", order[3], (chosen.births[3] + chosen.deaths[3]) / 2))
    assert reader.selected == 4
    reader.click(reader.at("scene", *land.points[chosen.minima[2]]))
    assert reader.selected == 3
    reader.find("#details button").click()
    assert reader.selected == np.flatnonzero(chosen.minima == chosen.parents[2])[0] + 1


def test_a_drag_zooms_and_selects_nothing(reader):
    low, high = reader.run("return document.getElementById('bars').layout.xaxis.range")
    start, end = (
        reader.at("bars", low + 0.2 * (high - low), 1),
        reader.at("bars", low + 0.7 * (high - low), 5),
    )
    pointer = (actions := ActionChains(reader.driver)).w3c_actions.pointer_action
    pointer.move_to_location(*map(round, start))
    pointer.pointer_down()
    pointer.move_to_location(*map(round, end))
    pointer.pointer_up()
    actions.perform()
    zoomed = reader.run("return document.getElementById('bars').layout.xaxis.range")
    assert zoomed[0] > low
    assert zoomed[1] < high
    assert reader.selected is None


def test_the_persistence_diagram_takes_the_place_of_the_barcode(reader, land):
    reader.find("#kind").send_keys("persistence diagram")
    bar = land.barcode.significant()[1]
    assert reader.marks("bars") == reader.kept() + 1  # the diagonal
    reader.click(reader.at("bars", bar.birth, bar.death))
    assert reader.selected is not None


# Table


def test_a_column_sorts_both_ways(reader, land):
    births = np.sort(land.barcode.significant().births)
    head = reader.find("#head button[data-column=birth]")
    head.click()
    np.testing.assert_allclose(reader.column("birth"), births, rtol=1e-5)
    assert reader.all("[aria-sort=ascending]")[0].text.startswith("birth")
    head.click()
    np.testing.assert_allclose(reader.column("birth"), births[::-1], rtol=1e-5)
    # What is not known comes last, either way.
    reader.find("#head button[data-column=saddle]").click()
    assert np.isnan(reader.column("saddle")[-1])


def test_a_filter_keeps_what_meets_it(reader, land):
    chosen = land.barcode.significant()
    size = int(np.median(chosen.sizes))
    field = reader.find("#filter")
    field.send_keys(f"size > {size}, x1 <= 0")
    expected = (chosen.sizes > size) & (land.points[chosen.minima, 0] <= 0)
    assert reader.listed() == np.count_nonzero(expected)
    assert set(reader.column("minimum")) == set(chosen.minima[expected].tolist())
    field.clear()
    field.send_keys("mean height > 0 and death = inf")
    assert reader.listed() == 1
    field.clear()
    field.send_keys(f"{chosen.minima[2]}")
    assert reader.column("bar") == [3]
    field.clear()
    field.send_keys("<b>weight</b> > 3")
    assert reader.text("#filter-error") == "not understood: <b>weight</b> > 3"
    assert reader.listed() == len(chosen)


# Keyboard


def test_everything_is_reached_by_the_keyboard(reader):
    reached = []
    for _ in range(40):
        reader.press(Keys.TAB)
        active = reader.run(
            """const e = document.activeElement, style = getComputedStyle(e);
            if (e === document.body || e.dataset.reached) return null;
            e.dataset.reached = "yes";
            const name = e.id || e.dataset.column || e.className;
            return [name, style.outlineStyle, parseFloat(style.outlineWidth)]"""
        )
        if active is None:
            break
        reached.append(active)
    names = [name for name, *_ in reached]
    expected = ["theme", "slider", "threshold", "suggested", "kind", "filter", "bar", "birth", "rows"]
    assert [name for name in names if name in expected] == expected
    assert [name for name, style, width in reached if style != "solid" or width < 2] == []


def test_arrow_keys_move_slider_and_selection(reader, land):
    slider = reader.find("#slider")
    before = float(reader.find("#threshold").get_attribute("value"))
    reader.run("arguments[0].focus()", slider)
    reader.press(Keys.ARROW_RIGHT)
    reader.wait(lambda: float(reader.find("#threshold").get_attribute("value")) > before)
    reader.find("#suggested").click()
    reader.run("document.getElementById('rows').focus()")
    reader.press(Keys.ARROW_DOWN)
    assert reader.selected == 1
    reader.press(Keys.ARROW_DOWN)
    assert reader.selected == 2
    row = reader.find("#" + reader.find("#rows").get_attribute("aria-activedescendant"))
    assert row.get_attribute("aria-selected") == "true"
    reader.press(Keys.END)
    assert reader.selected == len(land.barcode.significant())
    reader.press(Keys.ARROW_UP, Keys.ESCAPE)
    assert reader.selected is None


# Light and dark


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_light_and_dark(browser, path, dark):
    def brightness(selector, name):
        return reader.run(
            """return getComputedStyle(document.querySelector(arguments[0]))[arguments[1]]
            .match(/[\\d.]+/g).slice(0, 3).reduce((sum, part) => sum + Number(part), 0) / 3""",
            selector,
            name,
        )

    reader = Reader(browser, path, dark=dark)
    for is_dark in (dark, not dark, dark):
        assert (brightness("body", "backgroundColor") < 60) == is_dark
        assert (brightness("body", "color") > 180) == is_dark
        assert (brightness("#tree .main-svg", "background-color") < 60) == is_dark
        reader.find("#theme").click()
    assert reader.complaints() == []


# Many minima


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    land = many_minima(name=HOSTILE)
    assert len(land.barcode) > 100_000
    return land, land.report(tmp_path_factory.mktemp("many") / "many.html")


def test_a_hundred_thousand_bars(browser, many):
    land, path = many
    bars = land.barcode
    reader = Reader(browser, path)
    field = reader.find("#threshold")
    field.clear()
    field.send_keys("0", Keys.ENTER)
    assert reader.kept() == reader.listed() == len(bars)
    assert len(reader.all(".row")) < 40
    for picture in ("bars", "tree", "scene"):
        assert 1000 < reader.marks(picture) <= MOST_MARKS
    assert f"the 5,000 longest of {len(bars):,} bars" in reader.text("#bars-note")
    reader.run("document.getElementById('rows').focus()")
    reader.press(Keys.END)
    assert reader.selected == len(bars)
    assert len(bars) in reader.column("bar")
    assert f"{bars.minima[-1]:,} at" in reader.text("#details")
    reader.find("#head button[data-column=death]").click()
    reader.press(Keys.ESCAPE)
    reader.run("document.getElementById('rows').scrollTop = 0")
    reader.wait(lambda: min(reader.column("death")) == pytest.approx(bars.deaths.min(), rel=1e-5))
    reader.run("document.querySelector('.row').click()")
    for picture in ("bars", "tree", "scene"):
        assert reader.marks(picture) <= MOST_MARKS + 10
    assert reader.complaints() == []
