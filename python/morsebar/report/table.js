// The table of bars: only the rows in sight exist, so that its length does not matter.

const ROW_HEIGHT = 26;
const MAX_PLACE_COLUMNS = 3;

/** Columns as [name, title, number of a bar, digits]; names are those of the filter. */
function columnsOfBars() {
  const vertex = (numbers) => (bar) => (numbers[bar] === NONE ? NaN : numbers[bar]);
  const columns = [
    ["bar", "#", (bar) => bar + 1],
    ["birth", "birth", (bar) => bars.birth[bar]],
    ["death", "death", (bar) => bars.death[bar]],
    ["persistence", "persistence", persistence],
    ["minimum", "minimum", vertex(bars.minimum)],
    ["saddle", "saddle", vertex(bars.saddle)],
    ["parent", "parent bar", (bar) => (isEssential(bar) ? NaN : bars.parent[bar] + 1)],
    ["size", "size", (bar) => bars.size[bar]],
    ["mean_height", "mean height", (bar) => bars.height[bar]],
    ["boundary", "boundary", (bar) => bars.boundary[bar]],
  ];
  for (let i = 0; i < Math.min(data.nCoordinates, MAX_PLACE_COLUMNS); i++) {
    columns.push([`x${i + 1}`, `x${i + 1}`, (bar) => data.minimumPoints[bar * data.nCoordinates + i]]);
  }
  return columns.map(([name, title, number]) => ({ name, title, number }));
}

const TESTS = {
  "<": (a, b) => a < b, "<=": (a, b) => a <= b, ">": (a, b) => a > b, ">=": (a, b) => a >= b,
  "=": (a, b) => a === b, "!=": (a, b) => a !== b,
};

/** Read conditions like "size > 100, birth <= 0"; a lone number is that of a minimum. */
function readFilter(text, columns) {
  return text.split(/,|\band\b/).map((part) => part.trim()).filter(Boolean).map((part) => {
    const word = /^([a-z_0-9 ]+?)\s*(<=|>=|!=|<|>|==?)\s*(\S+)$/i.exec(part) ?? (/^\d+$/.test(part) ? [part, "minimum", "=", part] : null);
    const column = word && columns.find(({ name }) => name === word[1].toLowerCase().replace(" ", "_"));
    const value = word ? (/^(inf|∞)$/i.test(word[3]) ? Infinity : Number(word[3])) : NaN;
    if (!column || Number.isNaN(value)) throw new Error(`not understood: ${part}`);
    const test = TESTS[word[2].replace("==", "=")];
    return (bar) => test(column.number(bar), value);
  });
}

class Table {
  constructor() {
    this.columns = columnsOfBars();
    this.rows = document.getElementById("rows");
    this.filter = document.getElementById("filter");
    this.conditions = [];
    this.order = Uint32Array.from({ length: nBars }, (_, bar) => bar);
    this.sorted = { name: "bar", falling: false };
    this.listed = [];
    this.pool = [];
    this.selected = -1;
    document.getElementById("table").style.setProperty("--columns", this.columns.length - 1);
    document.getElementById("table").setAttribute("aria-colcount", this.columns.length);
    document.getElementById("filter-help").textContent = `of ${this.columns.slice(1).map(({ name }) => name).join(", ")}`;
    this.#addHead();
    this.rows.addEventListener("scroll", () => this.#show());
    // As high as all bars need, whatever is kept of them: nothing below moves.
    this.rows.style.height = `${ROW_HEIGHT * Math.min(15, Math.max(3, nBars)) + 1}px`;
    this.rows.addEventListener("keydown", (event) => this.#onKey(event));
    this.filter.addEventListener("input", () => this.#onFilter());
    new ResizeObserver(() => this.#show()).observe(this.rows);
  }

  #addHead() {
    const head = document.getElementById("head");
    this.heads = this.columns.map((column) => {
      const cell = document.createElement("div");
      cell.setAttribute("role", "columnheader");
      const button = document.createElement("button");
      button.type = "button";
      button.dataset.column = column.name;
      button.addEventListener("click", () => this.sort(column));
      cell.append(button);
      head.append(cell);
      return { cell, button, column };
    });
    this.#markSorted();
  }

  #markSorted() {
    const { name, falling } = this.sorted;
    for (const { cell, button, column } of this.heads) {
      const isSorted = column.name === name;
      cell.setAttribute("aria-sort", isSorted ? (falling ? "descending" : "ascending") : "none");
      button.textContent = column.title + (isSorted ? (falling ? " ▼" : " ▲") : "");
    }
  }

  /** Sort by a column, the other way round if it is sorted by it already; what is not known comes last. */
  sort(column) {
    const falling = this.sorted.name === column.name && !this.sorted.falling;
    const sign = falling ? -1 : 1;
    const keys = Float64Array.from({ length: nBars }, (_, bar) => column.number(bar));
    this.order.sort((a, b) => {
      const [u, v] = [keys[a], keys[b]];
      if (u < v) return -sign;
      if (u > v) return sign;
      return Number.isNaN(u) - Number.isNaN(v) || a - b;
    });
    this.sorted = { name: column.name, falling };
    this.#markSorted();
    this.#list();
    this.#reveal();
  }

  #onFilter() {
    const error = document.getElementById("filter-error");
    try {
      this.conditions = readFilter(this.filter.value, this.columns);
      error.textContent = "";
    } catch ({ message }) {
      this.conditions = [];
      error.textContent = message;
    }
    this.filter.setAttribute("aria-invalid", String(error.textContent !== ""));
    this.#list();
  }

  /** List the first `kept` bars that meet the conditions. */
  update(kept) {
    this.kept = kept;
    this.#list();
  }

  #list() {
    const { kept, conditions } = this;
    this.listed = this.order.filter((bar) => bar < kept && conditions.every((holds) => holds(bar)));
    document.getElementById("space").style.height = `${this.listed.length * ROW_HEIGHT}px`;
    document.getElementById("table").setAttribute("aria-rowcount", this.listed.length + 1);
    document.getElementById("listed").textContent = `${counted(this.listed.length)} of ${counted(kept)} kept bars listed`;
    this.#show();
  }

  select(bar) {
    this.selected = bar;
    this.#reveal();
  }

  /** Bring the selected row into sight. */
  #reveal() {
    const row = this.listed.indexOf(this.selected);
    if (row >= 0) {
      const top = row * ROW_HEIGHT;
      const height = this.rows.clientHeight;
      if (top < this.rows.scrollTop) this.rows.scrollTop = top;
      else if (top + ROW_HEIGHT > this.rows.scrollTop + height) this.rows.scrollTop = top + ROW_HEIGHT - height;
    }
    this.#show();
  }

  /** Fill as many rows as are in sight. */
  #show() {
    const first = Math.max(0, Math.floor(this.rows.scrollTop / ROW_HEIGHT) - 2);
    const needed = Math.ceil(this.rows.clientHeight / ROW_HEIGHT) + 5;
    while (this.pool.length < needed) this.pool.push(this.#newRow(this.pool.length));
    this.rows.removeAttribute("aria-activedescendant");
    this.pool.forEach((row, i) => {
      const bar = this.listed[first + i];
      row.element.hidden = bar === undefined || i >= needed;
      if (row.element.hidden) return;
      row.bar = bar;
      row.element.style.top = `${(first + i) * ROW_HEIGHT}px`;
      row.element.setAttribute("aria-rowindex", first + i + 2);
      row.element.setAttribute("aria-selected", String(bar === this.selected));
      if (bar === this.selected) this.rows.setAttribute("aria-activedescendant", row.element.id);
      row.cells.forEach((cell, j) => { cell.textContent = this.#text(this.columns[j], bar); });
    });
  }

  #text({ name, number }, bar) {
    if (name === "boundary") return bars.boundary[bar] ? "yes" : "no";
    return short(number(bar), ["bar", "minimum", "saddle", "parent", "size"].includes(name) ? 12 : name.startsWith("x") ? 5 : 6);
  }

  #newRow(number) {
    const element = document.createElement("div");
    element.className = "row";
    element.id = `row-${number}`;
    element.setAttribute("role", "row");
    const cells = this.columns.map(() => {
      const cell = document.createElement("span");
      cell.setAttribute("role", "gridcell");
      element.append(cell);
      return cell;
    });
    const row = { element, cells, bar: -1 };
    element.addEventListener("click", () => page.select(row.bar));
    this.rows.append(element);
    return row;
  }

  #onKey(event) {
    const inSight = Math.max(1, Math.floor(this.rows.clientHeight / ROW_HEIGHT) - 1);
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: inSight, PageUp: -inSight, Home: -Infinity, End: Infinity };
    if (!(event.key in steps) || !this.listed.length) return;
    event.preventDefault();
    const now = this.listed.indexOf(this.selected);
    const next = now < 0 && Number.isFinite(steps[event.key]) ? 0 : now + steps[event.key];
    page.select(this.listed[Math.max(0, Math.min(this.listed.length - 1, next))]);
  }
}
