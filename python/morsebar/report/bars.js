// The data of the report, and what follows from them: which bars a threshold keeps, and who belongs to whom.
// Bars are numbered from the longest on, so a threshold keeps the first of them, and a parent has a lower
// number than its child.

const data = unpack(JSON.parse(document.getElementById("data").textContent));
const bars = data.bars;
const scene = data.scene;
const nBars = data.nBars;
const NONE = 0xffffffff;

/** Turn every {type, base64} into its typed array. */
function unpack(content) {
  if (content === null || typeof content !== "object") return content;
  if (Array.isArray(content)) return content.map(unpack);
  if (typeof content.base64 === "string") {
    const text = atob(content.base64);
    const bytes = new Uint8Array(text.length);
    for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
    const types = { Float64Array, Float32Array, Uint32Array, Uint8Array };
    return new types[content.type](bytes.buffer);
  }
  return Object.fromEntries(Object.entries(content).map(([key, value]) => [key, unpack(value)]));
}

function persistence(bar) {
  return bars.death[bar] - bars.birth[bar];
}

function isEssential(bar) {
  return bars.parent[bar] === bar;
}

/** How many bars are longer than a threshold: the first ones. Essential bars are infinitely long. */
function countKept(threshold) {
  let low = 0;
  let high = nBars;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (persistence(middle) > threshold) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The kept bar that each bar passes to, itself if it is kept. */
function owners(kept) {
  const owner = new Uint32Array(nBars);
  for (let bar = 0; bar < nBars; bar++) owner[bar] = bar < kept || isEssential(bar) ? bar : owner[bars.parent[bar]];
  return owner;
}

/** For every bar whether it belongs to a branch: it is the bar itself or joins it, directly or not. */
function branchOf(root) {
  const inside = new Uint8Array(nBars);
  if (root < 0) return inside;
  inside[root] = 1;
  for (let bar = root + 1; bar < nBars; bar++) if (!isEssential(bar)) inside[bar] = inside[bars.parent[bar]];
  return inside;
}

/** A number with up to `digits` significant digits, without trailing zeros. */
function short(number, digits = 6) {
  if (number === Infinity) return "∞";
  if (Number.isNaN(number)) return "–";
  return String(Number(number.toPrecision(digits)));
}

function counted(number) {
  return number.toLocaleString("en");
}

function place(points, bar) {
  const d = data.nCoordinates;
  const numbers = Array.from(points.subarray(bar * d, bar * d + d), (x) => short(x, 5));
  if (data.d > d) numbers.push("…");
  return `(${numbers.join(", ")})`;
}

/** What there is to say of a bar, as pairs of a name and a text. */
function facts(bar) {
  const rows = [
    ["Birth", short(bars.birth[bar])],
    ["Death", short(bars.death[bar])],
    ["Persistence", short(persistence(bar))],
    ["Minimum", `${counted(bars.minimum[bar])} at ${place(data.minimumPoints, bar)}`],
  ];
  if (isEssential(bar)) rows.push(["Saddle", "none, it never dies"]);
  else {
    rows.push(["Saddle", `${counted(bars.saddle[bar])} at ${place(data.saddlePoints, bar)}`]);
    rows.push(["Parent", `bar ${counted(bars.parent[bar] + 1)}, minimum ${counted(bars.minimum[bars.parent[bar]])}`]);
  }
  rows.push(["Size", counted(bars.size[bar])], ["Mean height", short(bars.height[bar], 4)]);
  if (bars.boundary[bar]) rows.push(["Boundary", "the minimum lies on it"]);
  return rows;
}
