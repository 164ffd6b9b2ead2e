"""Headless Chromium from the system's packages, driven by Selenium, for tests and benchmarks of reports."""

import shutil
from contextlib import contextmanager

SIZE = (1400, 1000)
INSTALL = "apt-get install chromium chromium-driver"


def missing():
    """What Chromium lacks here, or None."""
    lacking = [name for name in ("chromium", "chromedriver") if shutil.which(name) is None]
    return f"no {' and no '.join(lacking)} here: {INSTALL}" if lacking else None


@contextmanager
def chromium():
    """A browser that logs to its console and reaches no network."""
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium")
    # Containers run it as root and with a small /dev/shm.
    for word in (
        "headless=new",
        "no-sandbox",
        "disable-gpu",
        "disable-dev-shm-usage",
        "force-device-scale-factor=1",
    ):
        options.add_argument(f"--{word}")
    options.add_argument(f"--window-size={SIZE[0]},{SIZE[1]}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    try:
        yield driver
    finally:
        driver.quit()


def many_minima(side=720, name=None):
    """A landscape of about side^2 / 5 minima: noise over a bowl, on a grid."""
    import warnings

    import numpy as np

    import morsebar as mb

    axis = np.linspace(0.0, 1.0, side)
    x, y = np.meshgrid(axis, axis, indexing="ij")
    noise = np.random.default_rng(0).normal(size=(side, side))
    values = 6 * ((x - 0.4) ** 2 + (y - 0.4) ** 2) + 0.3 * noise
    points = np.column_stack([x.ravel(), y.ravel()])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # noise is a thin sample, on purpose
        return mb.Landscape.from_samples(
            points, values, graph=mb.Grid((side, side)), bounds=[(0, 1), (0, 1)], name=name
        )
