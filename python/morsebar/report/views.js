// The three linked pictures. Each draws the first `drawn` bars; of a selected branch all else fades.

const [lowest, highest] = data.values;
const beyond = highest + 0.07 * (highest - lowest); // where essential bars end
const valueRange = [lowest - 0.03 * (highest - lowest), highest + 0.1 * (highest - lowest)];
const FADED = 0.22;

function deathOrBeyond(bar) {
  return isEssential(bar) ? beyond : bars.death[bar];
}

/** Ticks cannot mark infinity: a line where the essential bars end does, and its name, off the ticks. */
function infinity(axis) {
  const common = { text: "∞", showarrow: false, font: { size: 15 } };
  return axis === "x"
    ? { ...common, x: beyond, xref: "x", y: 0, yref: "paper", yanchor: "top", yshift: -14 }
    : { ...common, y: beyond, yref: "y", x: 1, xref: "paper", xanchor: "right", yanchor: "bottom", yshift: -5 };
}

function lineOfInfinity(axis) {
  const along = axis === "x"
    ? { x0: beyond, x1: beyond, y0: 0, y1: 1, yref: "paper" }
    : { y0: beyond, y1: beyond, x0: 0, x1: 1, xref: "paper" };
  return { type: "line", ...along, line: { color: theme().soft, width: 1, dash: "dot" }, layer: "below" };
}

function widthFor(n, pixels, least, most) {
  return Math.min(most, Math.max(least, (0.62 * pixels) / Math.max(n, 1)));
}

function widthOfDots(n) {
  return n > 1000 ? 3 : n > 100 ? 6 : 9;
}

/** The nearest of some places within `reach` pixels, -1 if there is none. */
function nearest(n, x, y, dx, dy, placeOf, reach = 10) {
  let best = -1;
  let least = reach * reach;
  for (let i = 0; i < n; i++) {
    const [u, v] = placeOf(i);
    const distance = ((u - x) / dx) ** 2 + ((v - y) / dy) ** 2;
    if (distance < least) [best, least] = [i, distance];
  }
  return best;
}

/** Barcode, the lowest birth at the bottom, or persistence diagram. */
class BarsView {
  constructor() {
    this.kind = "barcode";
    this.rows = [];
    this.chart = new Chart("bars", (...at) => (this.kind === "barcode" ? this.#barAt(...at) : this.#dotAt(...at)));
  }

  draw(cut) {
    const isBarcode = this.kind === "barcode";
    this.chart.element.classList.toggle("dots", !isBarcode);
    const shapes = this.#shapes(cut);
    const yaxis = isBarcode
      ? { range: this.#rowRange(), title: { text: "bars, by birth" }, showticklabels: false, ticks: "", showgrid: false }
      : { range: valueRange, title: { text: "death" } };
    const xaxis = { range: isBarcode ? valueRange : [valueRange[0], highest], title: { text: isBarcode ? "value" : "birth" } };
    this.chart.draw([], { xaxis, yaxis }, shapes, [infinity(isBarcode ? "x" : "y")]);
  }

  update(cut) {
    const before = this.rows.length;
    const shapes = this.#shapes(cut);
    const rescale = this.kind === "barcode" && this.rows.length !== before;
    this.chart.update(shapes, rescale ? { "yaxis.range": this.#rowRange() } : {});
  }

  #rowRange() {
    const n = Math.max(this.rows.length, 1);
    return [-0.5 - 0.02 * n, n - 0.5 + 0.02 * n];
  }

  #shapes(cut) {
    const { drawn, selected, inside } = cut;
    this.rows = Uint32Array.from({ length: drawn }, (_, bar) => bar).sort((a, b) => bars.birth[a] - bars.birth[b] || a - b);
    const [all, chosen] = [new Paths(), new Paths()];
    this.rows.forEach((bar, row) => {
      const path = this.kind === "barcode"
        ? `M${bars.birth[bar]},${row}L${deathOrBeyond(bar)},${row}`
        : dot(bars.birth[bar], deathOrBeyond(bar));
      (inside[bar] ? chosen : all).add(bar, path);
    });
    const width = this.kind === "barcode" ? widthFor(drawn, 340, 1, 9) : widthOfDots(drawn);
    const shapes = [...all.shapes(width, selected < 0 ? 1 : FADED), ...chosen.shapes(Math.max(width, 2), 1)];
    if (this.kind !== "barcode") shapes.unshift(line(`M${lowest},${lowest}L${highest},${highest}`, theme().soft, 1));
    return [lineOfInfinity(this.kind === "barcode" ? "x" : "y"), ...shapes];
  }

  /** Of the bars under the pointer, at most three pixels away, the longest. */
  #barAt(x, y, dx, dy) {
    const reach = Math.max(0.5, 3 * dy);
    let found = nBars;
    for (let row = Math.max(0, Math.ceil(y - reach)); row <= y + reach && row < this.rows.length; row++) {
      const bar = this.rows[row];
      if (bar < found && x >= bars.birth[bar] - 4 * dx && x <= deathOrBeyond(bar) + 4 * dx) found = bar;
    }
    return found < nBars ? found : -1;
  }

  #dotAt(x, y, dx, dy) {
    return nearest(this.rows.length, x, y, dx, dy, (bar) => [bars.birth[bar], deathOrBeyond(bar)]);
  }
}

/** Minima hang at their values; branches join at their barriers. */
class TreeView {
  constructor() {
    this.x = new Float64Array(0);
    this.chart = new Chart("tree", (...at) => this.#barAt(...at));
  }

  draw(cut) {
    const shapes = this.#shapes(cut);
    const xaxis = { range: this.#range(), title: { text: "minima" }, showticklabels: false, ticks: "", showgrid: false };
    this.chart.draw([], { xaxis, yaxis: { range: valueRange, title: { text: "value" } } }, shapes, [infinity("y")]);
  }

  update(cut) {
    const before = this.x.length;
    const shapes = this.#shapes(cut);
    this.chart.update(shapes, this.x.length !== before ? { "xaxis.range": this.#range() } : {});
  }

  #range() {
    const n = Math.max(this.x.length, 1);
    return [-0.5 - 0.02 * n, n - 0.5 + 0.02 * n];
  }

  #shapes(cut) {
    const { drawn, selected, inside } = cut;
    const order = Uint32Array.from({ length: drawn }, (_, bar) => bar).sort((a, b) => bars.leaf[a] - bars.leaf[b]);
    this.x = new Float64Array(drawn);
    order.forEach((bar, x) => { this.x[bar] = x; });
    const [all, chosen] = [new Paths(), new Paths()];
    for (let bar = 0; bar < drawn; bar++) {
      const top = deathOrBeyond(bar);
      const over = isEssential(bar) ? "" : `L${this.x[bars.parent[bar]]},${top}`;
      (inside[bar] ? chosen : all).add(bar, `M${this.x[bar]},${bars.birth[bar]}L${this.x[bar]},${top}${over}`);
    }
    const width = widthFor(drawn, 600, 0.4, 2.4);
    const shapes = [...all.shapes(width, selected < 0 ? 1 : FADED), ...chosen.shapes(width + 1, 1)];
    return [lineOfInfinity("y"), ...shapes];
  }

  /** The nearest branch within six pixels, the longest of equally near ones. */
  #barAt(x, y, dx, dy) {
    let best = -1;
    let least = 6 * dx;
    for (let bar = 0; bar < this.x.length; bar++) {
      const distance = Math.abs(this.x[bar] - x);
      const within = y >= bars.birth[bar] - 4 * dy && y <= deathOrBeyond(bar) + 4 * dy;
      if (within && distance < least) [best, least] = [bar, distance];
    }
    return best;
  }
}

/** Where minima and samples lie: a curve, contours, or samples in the plane of two principal axes. */
class SceneView {
  constructor() {
    this.drawn = 0;
    this.chart = new Chart("scene", (...at) => this.#barAt(...at));
  }

  draw(cut) {
    const [xaxis, yaxis] = scene.axes.map((title, i) => ({ range: scene.ranges[i], title: { text: title } }));
    this.chart.draw(this.#traces(), { xaxis, yaxis }, this.#shapes(cut), []);
  }

  update(cut) {
    this.chart.update(this.#shapes(cut));
  }

  #traces() {
    const { scale, paper, soft, ink } = theme();
    if (scene.curve) return [{ type: "scatter", mode: "lines", ...scene.curve, line: { color: soft, width: 1.5 }, hoverinfo: "skip" }];
    if (!scene.contours) return [];
    const { x, y, z, levels, is_smooth: isSmooth } = scene.contours;
    const rows = Array.from({ length: y.length }, (_, row) => z.subarray(row * x.length, (row + 1) * x.length));
    const ticks = { tickvals: levels.map((_, i) => i / (levels.length - 1)), ticktext: levels };
    const kind = isSmooth
      ? { type: "contour", contours: { start: 1 / 16, end: 15 / 16, size: 1 / 16 }, line: { width: 0.4, color: paper } }
      : { type: "heatmap" };
    return [{
      ...kind, x, y, z: rows, colorscale: scale, hoverinfo: "skip", zmin: 0, zmax: 1,
      colorbar: { ...ticks, title: { text: "value", side: "right" }, thickness: 12, outlinewidth: 0, tickfont: { color: ink } },
    }];
  }

  #shapes(cut) {
    const { selected, inside, owner } = cut;
    const drawn = Math.min(cut.kept, MAX_MARKS / 2); // the other half is for samples
    this.drawn = drawn;
    const { ink, paper } = theme();
    const { minima, points, saddles } = scene;
    const shapes = [];
    cut.pointsDrawn = 0;
    const room = MAX_MARKS - drawn;
    if (selected >= 0) {
      const paths = [];
      for (let i = 0; i < points.bar.length && paths.length < room; i++) if (inside[points.bar[i]]) paths.push(dot(points.x[i], points.y[i]));
      cut.pointsDrawn = paths.length;
      const color = [...theme().branches, ink][colorClass(selected)];
      if (paths.length) shapes.push(line(paths.join(""), color, paths.length > 500 ? 3 : 5, 0.75));
    } else if (data.d > 2) {
      const paths = new Paths();
      cut.pointsDrawn = Math.min(points.bar.length, room);
      for (let i = 0; i < cut.pointsDrawn; i++) paths.add(owner[points.bar[i]], dot(points.x[i], points.y[i]));
      shapes.push(...paths.shapes(3, 0.5));
    }
    const [all, chosen] = [new Paths(), new Paths()];
    const rims = [];
    for (let bar = 0; bar < drawn; bar++) {
      const path = dot(minima.x[bar], minima.y[bar]);
      rims.push(path);
      (inside[bar] ? chosen : all).add(bar, path);
    }
    const width = widthOfDots(drawn);
    const faint = selected < 0 ? 1 : 0.4;
    // Round ends are slow to paint: rims only where marks are large.
    if (drawn && drawn <= 1000) shapes.push(line(rims.join(""), paper, width + 3, faint));
    shapes.push(...all.shapes(width, faint), ...chosen.shapes(width, 1));
    if (selected >= 0) {
      shapes.push(line(dot(minima.x[selected], minima.y[selected]), ink, 14), line(dot(minima.x[selected], minima.y[selected]), paper, 7));
      if (!isEssential(selected)) shapes.push(this.#cross(saddles.x[selected], saddles.y[selected], ink));
    }
    return shapes;
  }

  /** A cross marks a saddle; its arms are given in shares of the axes. */
  #cross(x, y, color) {
    const [u, v] = scene.ranges.map(([low, high]) => 0.014 * (high - low));
    return line(`M${x - u},${y - v}L${x + u},${y + v}M${x - u},${y + v}L${x + u},${y - v}`, color, 3);
  }

  #barAt(x, y, dx, dy) {
    return nearest(this.drawn, x, y, dx, dy, (bar) => [scene.minima.x[bar], scene.minima.y[bar]], 12);
  }
}
