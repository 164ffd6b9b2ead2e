// One picture: axes by plotly, marks as a few paths of many segments (thousands of single marks would be
// slow), and what the pointer is over.

const MAX_MARKS = 5000;

/** Colours of the pictures; those of the branches are of the Okabe-Ito palette, told apart by everyone. */
const THEMES = {
  light: {
    paper: "#ffffff", ink: "#23272b", soft: "#5b6369", grid: "#e6e9eb", rest: "#9aa3aa",
    branches: ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"],
    scale: [[0, "#08306b"], [0.25, "#2171b5"], [0.5, "#6baed6"], [0.75, "#c6dbef"], [1, "#f7fbff"]],
  },
  dark: {
    paper: "#15181c", ink: "#f2f4f5", soft: "#a3abb2", grid: "#2b3037", rest: "#737c85",
    branches: ["#56b4e9", "#e8702a", "#1fbf92", "#dd8fb9", "#f0b232", "#f0e442"],
    scale: [[0, "#d8eefb"], [0.25, "#7ab8dd"], [0.5, "#34729c"], [0.75, "#1d4059"], [1, "#171d23"]],
  },
};

function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

function theme() {
  return isDark() ? THEMES.dark : THEMES.light;
}

/** The colour of a bar, the same in every picture: one each for the longest, one for the rest. */
function colorClass(bar) {
  return Math.min(bar, THEMES.light.branches.length);
}

/** Paths collected by colour class, so that each class is one shape. */
class Paths {
  constructor() {
    this.parts = THEMES.light.branches.map(() => []).concat([[]]);
  }
  add(bar, path) {
    this.parts[colorClass(bar)].push(path);
  }
  /** The rest first, then the branches, the longest on top. */
  shapes(width, opacity) {
    const colors = [...theme().branches, theme().rest];
    return this.parts.map((part, i) => line(part.join(""), colors[i], width, opacity)).reverse().filter((s) => s.path);
  }
}

function line(path, color, width, opacity = 1) {
  return { type: "path", path, line: { color, width }, opacity, layer: "above" };
}

function dot(x, y) {
  return `M${x},${y}L${x},${y}`;
}

class Chart {
  /** `hit(x, y, dx, dy)` returns the bar at a place of the axes, dx and dy being the size of a pixel, or -1. */
  constructor(id, hit) {
    this.element = document.getElementById(id);
    this.hit = hit;
    this.home = {};
    this.drawn = false;
    this.#follow();
  }

  /** Draw traces below shapes; axes go home unless `stay`. */
  draw(traces, axes, shapes, annotations) {
    this.home = Object.fromEntries(["xaxis", "yaxis"].map((axis) => [`${axis}.range`, axes[axis].range]));
    const { paper, ink, grid, soft } = theme();
    const axis = { color: soft, gridcolor: grid, linecolor: soft, zeroline: false, tickformat: "~g", title: { standoff: 6 } };
    const layout = {
      margin: { l: 62, r: 14, t: 30, b: 44 },
      paper_bgcolor: paper, plot_bgcolor: paper, font: { color: ink, size: 12 },
      xaxis: { ...axis, ...axes.xaxis }, yaxis: { ...axis, ...axes.yaxis },
      shapes, annotations, showlegend: false, dragmode: "zoom", hovermode: false,
    };
    const home = { name: "home", title: "Reset axes", icon: Plotly.Icons.home, click: () => this.reset() };
    const config = {
      responsive: true, displaylogo: false, doubleClick: false,
      modeBarButtons: [["toImage", "zoom2d", "pan2d", home]],
    };
    Plotly.react(this.element, traces, layout, config);
    if (!this.drawn) this.element.on("plotly_doubleclick", () => this.reset());
    this.drawn = true;
  }

  /** Change the shapes alone, which is fast, and the ranges given. */
  update(shapes, ranges = {}) {
    Object.assign(this.home, ranges);
    Plotly.relayout(this.element, { shapes, ...ranges });
  }

  reset() {
    Plotly.relayout(this.element, this.home);
  }

  /** Show what the pointer is over, and select what is clicked, unless the click is the end of a drag. */
  #follow() {
    let pressed = null;
    this.element.addEventListener("mousemove", (event) => page.point(this.barAt(event), event));
    this.element.addEventListener("mouseleave", () => page.point(-1));
    this.element.addEventListener("mousedown", (event) => { pressed = event; }, true);
    window.addEventListener("mouseup", (event) => {
      if (pressed && Math.hypot(event.clientX - pressed.clientX, event.clientY - pressed.clientY) < 4) {
        const inside = this.#place(event);
        if (inside) page.select(this.barAt(event));
      }
      pressed = null;
    }, true);
  }

  /** The place of the pointer on the axes, or null outside of them. */
  #place(event) {
    const box = this.element.querySelector(".nsewdrag").getBoundingClientRect();
    const [u, v] = [(event.clientX - box.left) / box.width, (box.bottom - event.clientY) / box.height];
    if (!(u >= 0 && u <= 1 && v >= 0 && v <= 1)) return null;
    const [[x0, x1], [y0, y1]] = [this.element.layout.xaxis.range, this.element.layout.yaxis.range];
    const [width, height] = [x1 - x0, y1 - y0];
    return [x0 + u * width, y0 + v * height, width / box.width, height / box.height];
  }

  barAt(event) {
    const at = this.#place(event);
    return at === null ? -1 : this.hit(...at);
  }
}
