// What the reader does: threshold, selection, light and dark; every change goes to all pictures and the table.

const SLIDER_STEPS = 1000;

class Page {
  constructor() {
    this.byId = (id) => document.getElementById(id);
    this.views = [new BarsView(), new TreeView(), new SceneView()];
    this.table = new Table();
    this.selected = -1;
    this.asked = 0;
    this.#describe();
    this.#listen();
  }

  start() {
    this.#setThreshold(data.threshold);
    this.#showDetails();
    this.#setTheme();
  }

  #describe() {
    const { byId } = this;
    const title = data.d === 1 ? "Graph" : scene.contours ? "Map" : "Minima";
    byId("scene-title").textContent = data.d > 2 ? "Samples, coloured by branch" : title;
    const left = data.nMinima - nBars;
    byId("summary").textContent =
      `${counted(data.nMinima)} ${data.nMinima === 1 ? "minimum" : "minima"} of ${counted(data.nSamples)} samples in dimension ${data.d}` +
      (left > 0 ? `; the ${counted(nBars)} longest bars are here, ${counted(left)} shorter ones are left out` : "");
    byId("suggested").textContent = `Suggested: ${short(data.threshold)}`;
    for (const list of ["run", "versions"]) fill(byId(list), data[list]);
    const finite = [];
    for (const bar of [nBars - 1, bars.parent.findIndex((parent, bar) => parent !== bar)]) {
      if (bar >= 0 && !isEssential(bar)) finite.push(Math.log10(Math.min(persistence(bar), Number.MAX_VALUE)));
    }
    [this.least, this.most] = finite.length ? finite : [0, 0];
    byId("slider").disabled = !finite.length;
  }

  #listen() {
    const { byId } = this;
    byId("slider").addEventListener("input", () => this.#later(this.#thresholdAt(Number(byId("slider").value))));
    byId("threshold").addEventListener("change", () => this.#setThreshold(Math.max(0, Number(byId("threshold").value) || 0)));
    byId("suggested").addEventListener("click", () => this.#setThreshold(data.threshold));
    byId("kind").addEventListener("change", () => {
      this.views[0].kind = byId("kind").value;
      this.views[0].draw(this.cut);
    });
    byId("theme").addEventListener("click", () => this.#setTheme(isDark() ? "light" : "dark"));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#setTheme());
    document.addEventListener("keydown", (event) => { if (event.key === "Escape") this.select(-1); });
  }

  /** The slider is logarithmic from the shortest to the longest finite bar; its left end keeps all. */
  #thresholdAt(step) {
    if (step <= 0) return 0;
    if (step >= SLIDER_STEPS) return nBars ? Math.min(Number.MAX_VALUE, persistence(this.#firstFinite())) : 0;
    const length = 10 ** (this.least + ((step - 1) / (SLIDER_STEPS - 1)) * (this.most - this.least));
    // As many digits as tell neighbouring steps apart.
    const digits = Math.ceil(1 - Math.log10((this.most - this.least) / SLIDER_STEPS));
    return Number(length.toPrecision(Math.min(17, Math.max(3, digits))));
  }

  #stepAt(threshold) {
    if (!(threshold > 0) || Math.log10(threshold) < this.least) return 0;
    if (this.most === this.least) return SLIDER_STEPS;
    const share = (Math.log10(threshold) - this.least) / (this.most - this.least);
    return Math.max(0, Math.min(SLIDER_STEPS, Math.round(1 + share * (SLIDER_STEPS - 1))));
  }

  #firstFinite() {
    return Math.max(0, bars.parent.findIndex((parent, bar) => parent !== bar));
  }

  /** Cut once a frame, however many events come before it. */
  #later(threshold) {
    if (this.asked) cancelAnimationFrame(this.asked);
    this.asked = requestAnimationFrame(() => {
      this.asked = 0;
      this.#setThreshold(threshold, false);
    });
  }

  #setThreshold(threshold, moveSlider = true) {
    const start = performance.now();
    const slider = this.byId("slider");
    if (moveSlider) slider.value = this.#stepAt(threshold);
    this.byId("threshold").value = threshold;
    const kept = countKept(threshold);
    const rule = threshold === data.threshold ? data.rule : `persistence > ${short(threshold)}`;
    const text = `${counted(kept)} of ${counted(nBars)} bars: ${rule}`;
    slider.setAttribute("aria-valuetext", text);
    this.byId("kept").textContent = text;
    if (this.selected >= kept) this.selected = -1;
    this.cut = {
      threshold, kept, drawn: Math.min(kept, MAX_MARKS), owner: owners(kept),
      selected: this.selected, inside: branchOf(this.selected), pointsDrawn: 0,
    };
    this.table.selected = this.selected;
    this.table.update(kept);
    this.#redraw();
    this.#showDetails();
    performance.measure("morsebar:cut", { start });
  }

  select(bar) {
    if (bar === this.selected) return;
    this.selected = bar;
    Object.assign(this.cut, { selected: bar, inside: branchOf(bar) });
    this.table.select(bar);
    this.#redraw();
    this.#showDetails();
  }

  #redraw() {
    for (const view of this.views) if (view.chart.drawn) view.update(this.cut);
    this.#note();
  }

  #note() {
    const { drawn, kept, pointsDrawn, selected } = this.cut;
    const longest = (n) => (n < kept ? `the ${counted(n)} longest of ${counted(kept)} bars` : `${counted(n)} ${n === 1 ? "bar" : "bars"}`);
    this.byId("bars-note").textContent = `Drawn: ${longest(drawn)}. Drag to zoom, double-click to go back.`;
    this.byId("tree-note").textContent = `Drawn: ${longest(drawn)}; bars of at most ${short(this.cut.threshold)} are cut.`;
    const points = `${counted(pointsDrawn)} ${pointsDrawn === 1 ? "sample" : "samples"}`;
    const branch = selected < 0 ? "" : `${points} of the ${counted(bars.size[selected])} in the branch of bar ${counted(selected + 1)}; × is its saddle. `;
    const all = selected < 0 && pointsDrawn ? `${points} of ${counted(data.nSamples)}. ` : "";
    this.byId("scene-note").textContent = `${branch}${all}Minima of ${longest(this.views[2].drawn)}.`;
  }

  #showDetails() {
    const details = this.byId("details");
    details.replaceChildren();
    const bar = this.selected;
    const title = document.createElement("h2");
    title.textContent = bar < 0 ? "No bar selected" : `Bar ${counted(bar + 1)}`;
    details.append(title);
    if (bar < 0) {
      const help = document.createElement("p");
      help.className = "note";
      help.textContent = "Click a bar, a branch, a minimum or a row to see its branch everywhere. Escape clears.";
      details.append(help);
      return;
    }
    const list = document.createElement("dl");
    fill(list, facts(bar), true);
    details.append(list);
    if (!isEssential(bar)) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = `Go to its parent, bar ${counted(bars.parent[bar] + 1)}`;
      button.addEventListener("click", () => this.select(bars.parent[bar]));
      details.append(button);
    }
  }

  /** Say what is under the pointer. */
  point(bar, event) {
    const tip = this.byId("tip");
    tip.hidden = bar < 0;
    if (bar < 0) return;
    tip.textContent = [`Bar ${counted(bar + 1)}`, ...facts(bar).map(([name, text]) => `${name} ${text}`)].join("\n");
    const { width, height } = tip.getBoundingClientRect();
    tip.style.left = `${Math.max(4, event.clientX + 16 + width > innerWidth ? event.clientX - width - 16 : event.clientX + 16)}px`;
    tip.style.top = `${Math.max(4, Math.min(event.clientY + 12, innerHeight - height - 4))}px`;
  }

  /** Redraw in the colours asked for, by default those of the system. */
  #setTheme(chosen) {
    if (chosen) document.documentElement.dataset.theme = chosen;
    const button = this.byId("theme");
    button.textContent = isDark() ? "Light" : "Dark";
    button.setAttribute("aria-pressed", String(isDark()));
    for (const view of this.views) view.draw(this.cut);
    this.#note();
  }
}

/** Fill a description list with pairs; `grouped` puts each into an element of its own. */
function fill(list, rows, grouped = false) {
  for (const [name, text] of rows) {
    const [term, description] = [document.createElement("dt"), document.createElement("dd")];
    term.textContent = name;
    description.textContent = text;
    if (grouped) {
      const group = document.createElement("div");
      group.append(term, description);
      list.append(group);
    } else list.append(term, description);
  }
}

const page = new Page();
page.start();
performance.mark("morsebar:ready");
