// Two views of one picture side by side: a divider, zoom, and how far each view is from the truth.

const TRUTH = "truth";
const BRIGHTEST = 64; // difference, of 255, that has the last colour of the ramp
const LARGEST_ZOOM = 32;
// Cividis, made for readers with and without colour vision deficiency, at five places.
const RAMP = [[0, 32, 77], [66, 78, 108], [124, 123, 120], [188, 174, 108], [255, 234, 70]];

const RAMP_256 = Array.from({ length: 256 }, (_, level) => {
  const place = Math.min(level / BRIGHTEST, 1) * (RAMP.length - 1);
  const step = Math.min(Math.floor(place), RAMP.length - 2);
  return RAMP[step].map((from, channel) => from + (place - step) * (RAMP[step + 1][channel] - from));
});

function pixelsOf(image) {
  const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(image, 0, 0);
  return context.getImageData(0, 0, canvas.width, canvas.height);
}

// |view - truth|, mean of the three channels, as colours of the ramp; also its mean over all pixels.
function differenceOf(image, truth) {
  const shown = pixelsOf(image);
  const [ours, theirs] = [shown.data, pixelsOf(truth).data];
  let total = 0;
  for (let at = 0; at < ours.length; at += 4) {
    let error = 0;
    for (let channel = at; channel < at + 3; channel++) error += Math.abs(ours[channel] - theirs[channel]);
    total += error / 3;
    const colour = RAMP_256[Math.round(error / 3)];
    for (let channel = 0; channel < 3; channel++) ours[at + channel] = colour[channel];
  }
  return { pixels: shown, mean: (4 * total) / ours.length };
}

function written(tag, text) {
  const element = document.createElement(tag);
  element.textContent = text;
  return element;
}

function signed(change) {
  if (change === "") return "";
  const size = Math.abs(change) === Infinity ? "\u221e" : Math.abs(change).toFixed(2);
  return `${change < 0 ? "\u2212" : "+"}${size} dB`;
}

function lineOf(side, [label, ...rest]) {
  const line = document.createElement("p");
  line.append(written("i", side), written("b", label), ` ${rest.filter(Boolean).join(", ")}`);
  return line;
}

class Explorer {
  constructor(root, strips) {
    this.root = root;
    this.strips = strips;
    this.stage = root.querySelector(".stage");
    this.divider = root.querySelector(".divider");
    this.at = { row: 0, zoom: 1, x: 0, y: 0, difference: false };
    this.field = (name) => root.querySelector(`[name=${name}]`);
    this.listen();
    new Lens(this);
    this.order();
  }

  listen() {
    this.field("order").addEventListener("change", () => this.order());
    for (const side of ["left", "right"]) this.field(side).addEventListener("change", () => this.draw());
    this.field("difference").addEventListener("click", () => this.toggleDifference());
    this.field("in").addEventListener("click", () => this.zoom(2));
    this.field("out").addEventListener("click", () => this.zoom(1 / 2));
    this.field("fit").addEventListener("click", () => this.zoom(0));
    this.divider.addEventListener("input", () => this.place());
    this.root.addEventListener("keydown", (event) => this.press(event));
  }

  // Keys work only while the focus is inside the explorer, and letters not in its lists.
  press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.tagName === "SELECT") return;
    const step = this.stage.clientWidth / 10;
    const actions = {
      "+": () => this.zoom(2),
      "=": () => this.zoom(2),
      "-": () => this.zoom(1 / 2),
      0: () => this.zoom(0),
      d: () => this.toggleDifference(),
      l: () => this.cycle("left"),
      r: () => this.cycle("right"),
      n: () => this.show(this.at.row + 1),
      p: () => this.show(this.at.row - 1),
    };
    const pans = { ArrowLeft: [step, 0], ArrowRight: [-step, 0], ArrowUp: [0, step], ArrowDown: [0, -step] };
    const pan = event.shiftKey && pans[event.key];
    const action = pan ? () => this.pan(...pan) : actions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  }

  order() {
    const worth = {
      changed: (strip) => -Math.abs(strip.dataset.change || 0),
      worst: (strip) => Number(strip.dataset.psnr || Infinity),
      best: (strip) => -Number(strip.dataset.psnr || -Infinity),
    }[this.field("order").value];
    this.strips.sort((a, b) => worth(a) - worth(b) || 0);
    this.root.querySelector(".picker").replaceChildren(...this.strips.map((strip, row) => this.choice(strip, row)));
    this.show(0);
  }

  choice(strip, row) {
    const button = document.createElement("button");
    const { image, slice, change } = strip.dataset;
    const overview = strip.querySelector(".whole > div").cloneNode(true);
    overview.querySelector("img").alt = "";
    Object.assign(button, { type: "button", title: `${image}, ${slice}` });
    button.append(overview, written("b", image.split("/").pop()), written("span", slice), written("span", signed(change)));
    button.addEventListener("click", () => this.show(row));
    return button;
  }

  show(row) {
    this.at.row = (row + this.strips.length) % this.strips.length;
    const buttons = [...this.root.querySelectorAll(".picker button")];
    buttons.forEach((button, number) => button.setAttribute("aria-pressed", number === this.at.row));
    const picker = this.root.querySelector(".picker");
    const chosen = buttons[this.at.row];
    picker.scrollLeft = chosen.offsetLeft - (picker.clientWidth - chosen.offsetWidth) / 2;
    this.offer("left", this.views[0].dataset.view);
    this.offer("right", this.root.dataset.ours);
    this.zoom(0);
    this.draw();
  }

  // Keep a side's choice where the new picture has such a view.
  offer(side, wanted) {
    const select = this.field(side);
    const labels = this.views.map((image) => image.dataset.view);
    const kept = [select.value, wanted, TRUTH].find((label) => labels.includes(label));
    select.replaceChildren(...labels.map((label) => new Option(label)));
    select.value = kept;
  }

  get views() {
    return [...this.strips[this.at.row].querySelectorAll("[data-view]")];
  }

  cycle(side) {
    const select = this.field(side);
    select.selectedIndex = (select.selectedIndex + 1) % select.length;
    this.draw();
  }

  toggleDifference() {
    this.at.difference = !this.at.difference;
    this.field("difference").setAttribute("aria-pressed", this.at.difference);
    this.root.querySelector(".scale").hidden = !this.at.difference;
    this.draw();
  }

  // Draws when the pictures are decoded, unless another choice was made meanwhile.
  async draw() {
    const drawing = (this.drawing = {});
    await Promise.all(this.views.map((image) => image.decode()));
    if (this.drawing !== drawing) return;
    const told = ["left", "right"].map((side) => this.drawSide(side));
    this.root.querySelector(".readout").replaceChildren(...told);
    this.stage.dataset.drawn = `${this.field("left").value}|${this.field("right").value}|${this.at.difference}`;
    this.place();
  }

  drawSide(side) {
    const find = (label) => this.views.find((image) => image.dataset.view === label);
    const label = this.field(side).value;
    const [image, truth] = [find(label), find(TRUTH)];
    const canvas = this.stage.querySelector(`.${side} canvas`);
    [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
    this.stage.style.setProperty("--ratio", image.naturalWidth / image.naturalHeight);
    const context = canvas.getContext("2d");
    const told = [label, image.dataset.score];
    if (this.at.difference) {
      const difference = differenceOf(image, truth);
      context.putImageData(difference.pixels, 0, 0);
      told.push(`mean difference here ${difference.mean.toFixed(1)} of 255`);
    } else {
      context.drawImage(image, 0, 0);
    }
    this.stage.querySelector(`.sides .${side}`).textContent = label;
    return lineOf(side, told);
  }

  // Enlarge about a point of the stage, its middle unless told; 0 fits.
  zoom(factor, x = this.stage.clientWidth / 2, y = this.stage.clientHeight / 2) {
    const zoom = factor === 0 ? 1 : Math.min(Math.max(this.at.zoom * factor, 1), LARGEST_ZOOM);
    const grown = zoom / this.at.zoom;
    Object.assign(this.at, { zoom, x: x - (x - this.at.x) * grown, y: y - (y - this.at.y) * grown });
    this.place();
  }

  pan(x, y) {
    this.at.x += x;
    this.at.y += y;
    this.place();
  }

  place() {
    const { clientWidth: width, clientHeight: height } = this.stage;
    const within = (value, side) => Math.min(0, Math.max(value, side * (1 - this.at.zoom)));
    Object.assign(this.at, { x: within(this.at.x, width), y: within(this.at.y, height) });
    const { zoom, x, y } = this.at;
    for (const [name, value] of Object.entries({ divide: this.divider.value, zoom, x, y })) {
      this.stage.style.setProperty(`--${name}`, value);
    }
    this.stage.dataset.zoomed = zoom > 1;
    this.field("fit").textContent = `${Number(zoom.toFixed(1))}\u00d7`;
  }
}

// Pointers on the stage: drag moves the divider, or the picture once it is enlarged; two fingers and the
// wheel enlarge. The divider's own grip always moves the divider.
class Lens {
  constructor(explorer) {
    this.explorer = explorer;
    this.stage = explorer.stage;
    this.pointers = new Map();
    this.stage.addEventListener("pointerdown", (event) => this.down(event));
    this.stage.addEventListener("pointermove", (event) => this.move(event));
    for (const end of ["pointerup", "pointercancel"]) {
      this.stage.addEventListener(end, (event) => this.pointers.delete(event.pointerId));
    }
    this.stage.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
  }

  point(event) {
    const box = this.stage.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  down(event) {
    if (event.target === this.explorer.divider) return;
    this.pointers.set(event.pointerId, this.point(event));
    this.stage.setPointerCapture(event.pointerId);
    this.explorer.divider.focus({ preventScroll: true });
    event.preventDefault();
    if (this.explorer.at.zoom === 1) this.divide(this.point(event));
  }

  move(event) {
    const before = this.pointers.get(event.pointerId);
    if (!before) return;
    const now = this.point(event);
    this.pointers.set(event.pointerId, now);
    if (this.pointers.size === 2) this.pinch(event.pointerId, before, now);
    else if (this.explorer.at.zoom > 1) this.explorer.pan(now.x - before.x, now.y - before.y);
    else this.divide(now);
  }

  pinch(moved, before, now) {
    const [, still] = [...this.pointers].find(([id]) => id !== moved);
    const apart = (point) => Math.hypot(point.x - still.x, point.y - still.y) || 1;
    this.explorer.zoom(apart(now) / apart(before), still.x, still.y);
  }

  divide(point) {
    this.explorer.divider.value = (100 * point.x) / this.stage.clientWidth;
    this.explorer.place();
  }

  // Without focus or Ctrl the wheel scrolls the page as everywhere.
  wheel(event) {
    if (!event.ctrlKey && !this.explorer.root.contains(document.activeElement)) return;
    event.preventDefault();
    const { x, y } = this.point(event);
    this.explorer.zoom(Math.exp(-event.deltaY / 300), x, y);
  }
}

for (const root of document.querySelectorAll(".explorer")) {
  const strips = root.parentElement.querySelector(".strips");
  root.hidden = false;
  strips.classList.add("folded");
  new Explorer(root, [...strips.querySelectorAll(".strip")]);
}
