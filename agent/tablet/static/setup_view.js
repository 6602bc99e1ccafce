// The picture with all that lies over it: people with their tails, shapes with their handles.
"use strict";

const SVG = "http://www.w3.org/2000/svg";
const TAIL_S = 2;
const STEP = 0.005;
const GREAT_STEP = 0.05;
const SLIP = 0.02; // of the picture: less than that is a tap, not a drag
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function draw(parent, tag, attributes = {}) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  parent.append(element);
  return element;
}

function say(sentence, values) {
  return sentence.replace(/\$(\w+)/g, (_, name) => values[name]);
}

// In, out and, where there were any, the staff among them.
function sayCounts(said, [goingIn, goingOut, staff]) {
  return say(staff > 0 ? said.counts_staff : said.counts, { in: goingIn, out: goingOut, staff });
}

class View {
  #drawn = new Map();
  #tails = new Map();
  #size = [640, 360];
  #mode = null;

  constructor(stage, sketch, said) {
    this.stage = stage;
    this.sketch = sketch;
    this.said = said;
    this.canvas = stage.querySelector("canvas");
    this.svg = draw(stage, "svg", { class: "over", tabindex: "-1", role: "group" });
    this.svg.setAttribute("aria-label", said.over);
    this.people = draw(this.svg, "g", { class: "people", "aria-hidden": "true" });
    this.shapes = draw(this.svg, "g");
    this.svg.addEventListener("pointerdown", (event) => this.#begin(event));
    // A finger that draws or drags does not scroll the page as well.
    const drags = (event) => this.#mode !== null || event.target.closest(".handle, .gap, .grip");
    this.svg.addEventListener("touchstart", (event) => drags(event) && event.preventDefault(), { passive: false });
    this.svg.addEventListener("keydown", (event) => this.#keyOnPicture(event));
    sketch.addEventListener("changed", () => this.show());
    sketch.addEventListener("chosen", () => this.show());
    new ResizeObserver(() => this.show()).observe(stage);
    this.resize(...this.#size);
  }

  resize(width, height) {
    this.#size = [width, height];
    this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.stage.style.aspectRatio = `${width} / ${height}`;
    this.show();
  }

  // A picture, for as long as the next one takes; nothing of it is kept.
  paint(bitmap) {
    const { canvas } = this;
    if (canvas.width !== bitmap.width || canvas.height !== bitmap.height) {
      canvas.width = bitmap.width;
      canvas.height = bitmap.height;
    }
    canvas.getContext("2d").drawImage(bitmap, 0, 0);
    bitmap.close();
  }

  blank() {
    this.canvas.getContext("2d").clearRect(0, 0, this.canvas.width, this.canvas.height);
    this.people.replaceChildren();
    this.#tails.clear();
  }

  // Which form the next stroke on the picture draws; null for none.
  set mode(form) {
    this.#mode = form;
    this.svg.classList.toggle("drawing", form !== null);
    if (form !== null) {
      this.svg.setAttribute("tabindex", "0");
      this.svg.focus();
    } else {
      this.svg.setAttribute("tabindex", "-1");
    }
  }

  showPeople({ at_s: at, width, height, people, masked }) {
    if (width !== this.#size[0] || height !== this.#size[1]) this.resize(width, height);
    const parts = document.createDocumentFragment();
    const group = draw(parts, "g");
    for (const [id, [x1, y1, x2, y2], seen, proven, leftOut, staff] of people) {
      const look = `${proven ? (seen ? "followed" : "hidden") : "unproven"}${staff ? " staff" : ""}`;
      if (leftOut) {
        this.#drawLeftOut(group, [x1, y1, x2, y2]);
        this.#tails.delete(id);
        continue;
      }
      this.#drawBox(group, [x1, y1, x2, y2], look);
      if (staff && proven) this.#drawStaff(group, x1 * width, y1 * height);
      const foot = [((x1 + x2) / 2) * width, y2 * height];
      draw(group, "circle", { class: look, cx: foot[0], cy: foot[1], r: 3 * this.#unit });
      if (proven) this.#drawTail(group, id, at, foot, look);
    }
    for (const box of masked) this.#drawLeftOut(group, box);
    for (const [id, tail] of this.#tails) {
      if (Math.abs(at - tail.at(-1).at) > TAIL_S) this.#tails.delete(id);
    }
    this.people.replaceChildren(group);
  }

  showCounts({ counts, inside }) {
    for (const [shape, parts] of this.#drawn) {
      const line = shape.form === "line" ? counts[shape.name] : undefined;
      const text = line ? sayCounts(this.said, line) : inside[shape.name];
      parts.counted = text === undefined ? "" : String(text);
      this.#placeLabel(shape, parts);
    }
  }

  flash(name) {
    for (const [shape, parts] of this.#drawn) {
      if (shape.name !== name) continue;
      parts.group.classList.add("crossed");
      setTimeout(() => parts.group.classList.remove("crossed"), 600);
    }
  }

  show() {
    for (const [shape, parts] of this.#drawn) {
      if (this.sketch.shapes.includes(shape)) continue;
      parts.group.remove();
      this.#drawn.delete(shape);
    }
    for (const shape of this.sketch.shapes) {
      if (!this.#drawn.has(shape)) this.#drawn.set(shape, this.#newParts(shape));
      this.#place(shape, this.#drawn.get(shape));
    }
  }

  // One CSS pixel in units of the picture.
  get #unit() {
    return this.#size[0] / (this.stage.clientWidth || this.#size[0]);
  }

  #pixels([x, y]) {
    return [x * this.#size[0], y * this.#size[1]];
  }

  #newParts(shape) {
    const group = draw(this.shapes, "g", { class: `shape of-${shape.form}` });
    const tag = shape.form === "line" ? "line" : "polygon";
    const body = draw(group, tag, { class: "body" });
    const grip = draw(group, tag, { class: "grip" });
    grip.addEventListener("pointerdown", (event) => this.#drag(event, shape, null));
    const arrow = shape.form === "line" ? draw(group, "path", { class: "arrow" }) : null;
    const label = draw(group, "text", { "aria-hidden": "true" });
    label.textContent = shape.name;
    return { group, body, grip, arrow, label, handles: [], between: [], counted: "" };
  }

  #place(shape, parts) {
    const points = shape.points.map((point) => this.#pixels(point));
    for (const element of [parts.body, parts.grip]) {
      if (shape.form === "line") {
        const [[x1, y1], [x2, y2]] = points;
        for (const [name, value] of Object.entries({ x1, y1, x2, y2 })) element.setAttribute(name, value);
      } else {
        element.setAttribute("points", points.map((point) => point.join(",")).join(" "));
      }
    }
    parts.group.setAttribute("class", `shape of-${shape.form} ${shape.kind}`);
    parts.group.classList.toggle("chosen", shape === this.sketch.chosen);
    if (parts.arrow) this.#placeArrow(shape, parts.arrow);
    this.#placeLabel(shape, parts);
    this.#placeHandles(shape, parts, points);
  }

  #placeArrow(shape, arrow) {
    const unit = this.#unit;
    const [[x1, y1], [x2, y2]] = shape.wayIn(...this.#size, 34 * unit);
    const [dx, dy] = [(x2 - x1) / 34, (y2 - y1) / 34];
    const side = (turn) => `${x2 - 10 * dx + turn * 7 * dy} ${y2 - 10 * dy - turn * 7 * dx}`;
    arrow.setAttribute("d", `M${x1} ${y1} L${x2} ${y2} M${side(1)} L${x2} ${y2} L${side(-1)}`);
  }

  #placeLabel(shape, { label, counted }) {
    const [width, height] = this.#size;
    const unit = this.#unit;
    label.style.fontSize = `${(this.stage.clientWidth < 480 ? 12 : 14) * unit}px`;
    label.textContent = `${shape.name} ${counted}`.trim();
    const half = label.getComputedTextLength() / 2 + 6 * unit;
    const [x, y] = shape.form === "line" ? this.#besideLine(shape, half) : this.#pixels(shape.middle);
    label.setAttribute("x", Math.min(width - half, Math.max(half, x)));
    label.setAttribute("y", Math.min(height - 8 * unit, Math.max(16 * unit, y + 5 * unit)));
  }

  // On the side that is in, near the line's beginning: arrows are in the middle.
  #besideLine(shape, half) {
    const [from, to] = shape.points.map((point) => this.#pixels(point));
    const [middle, tip] = shape.wayIn(...this.#size, 1);
    const [dx, dy] = [tip[0] - middle[0], tip[1] - middle[1]];
    const off = Math.abs(dx) * half + Math.abs(dy) * 14 * this.#unit + 4 * this.#unit;
    return [0, 1].map((axis) => from[axis] + 0.2 * (to[axis] - from[axis]) + [dx, dy][axis] * off);
  }

  #placeHandles(shape, parts, points) {
    while (parts.handles.length > points.length) parts.handles.pop().remove();
    while (parts.handles.length < points.length) parts.handles.push(this.#newHandle(shape, parts));
    const shown = shape.form === "zone" && shape === this.sketch.chosen;
    const gaps = shown && points.length < MOST_CORNERS ? points.length : 0;
    while (parts.between.length > gaps) parts.between.pop().remove();
    while (parts.between.length < gaps) parts.between.push(this.#newGap(shape, parts));
    parts.handles.forEach((handle, index) => {
      this.#placeHandle(handle, points[index], 22, 9);
      handle.setAttribute("aria-label", this.#handleLabel(shape, index));
    });
    parts.between.forEach((gap, index) => {
      const next = points[(index + 1) % points.length];
      const middle = [(points[index][0] + next[0]) / 2, (points[index][1] + next[1]) / 2];
      this.#placeHandle(gap, middle, 14, 5);
    });
  }

  #placeHandle(handle, [x, y], reach, radius) {
    const [wide, dot] = handle.children;
    for (const circle of [wide, dot]) {
      circle.setAttribute("cx", x);
      circle.setAttribute("cy", y);
    }
    wide.setAttribute("r", reach * this.#unit);
    dot.setAttribute("r", radius * this.#unit);
  }

  #handleLabel(shape, index) {
    const words = this.said;
    const part = shape.form === "zone"
      ? say(words.corner, { number: index + 1 })
      : [words.begin, words.end][index];
    const [x, y] = shape.points[index].map((share) => (share * 100).toFixed(1));
    return say(words.handle, { name: shape.name, part, x, y });
  }

  #newHandle(shape, parts) {
    const handle = draw(parts.group, "g", { class: "handle", tabindex: "0", role: "button" });
    draw(handle, "circle", { class: "reach" });
    draw(handle, "circle", { class: "dot" });
    const index = () => parts.handles.indexOf(handle);
    handle.addEventListener("pointerdown", (event) => this.#drag(event, shape, index()));
    handle.addEventListener("focus", () => this.sketch.choose(shape));
    handle.addEventListener("keydown", (event) => this.#keyOnHandle(event, shape, index()));
    return handle;
  }

  #newGap(shape, parts) {
    const gap = draw(parts.group, "g", { class: "gap", "aria-hidden": "true" });
    draw(gap, "circle", { class: "reach" });
    draw(gap, "circle", { class: "dot" });
    gap.addEventListener("pointerdown", (event) => {
      const after = parts.between.indexOf(gap);
      if (this.sketch.addCorner(shape, after)) this.#drag(event, shape, after + 1);
    });
    return gap;
  }

  #share(event) {
    const box = this.svg.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  }

  // Drags one point of a shape, or all of it where the index is null.
  #drag(event, shape, index) {
    if (event.button !== 0 || this.#mode !== null) return;
    event.preventDefault();
    event.stopPropagation();
    this.sketch.choose(shape);
    let last = this.#share(event);
    if (index !== null) this.#drawn.get(shape)?.handles[index]?.focus({ preventScroll: true });
    this.#follow(event, (at) => {
      if (index !== null) this.sketch.place(shape, index, at);
      else this.sketch.shift(shape, [at[0] - last[0], at[1] - last[1]]);
      last = at;
    });
  }

  #begin(event) {
    const form = this.#mode;
    if (form === null || event.button !== 0) return;
    event.preventDefault();
    const from = this.#share(event);
    const shape = this.sketch.add(form, this.#span(form, from, from));
    this.#follow(
      event,
      (at) => {
        this.#span(form, from, at).forEach((point, index) => {
          shape.points[index] = point.map(within);
        });
        this.sketch.changed();
      },
      (at) => this.#finish(shape, from, at),
    );
  }

  // A tap means: about here.
  #finish(shape, from, at) {
    if (Math.hypot(at[0] - from[0], at[1] - from[1]) < SLIP) {
      const [low, high] = [[from[0] - 0.12, from[1] - 0.15], [from[0] + 0.12, from[1] + 0.15]];
      const ends = shape.form === "line" ? [[from[0], low[1]], [from[0], high[1]]] : null;
      shape.points = (ends ?? this.#span("zone", low, high)).map((point) => point.map(within));
    }
    this.sketch.changed(true);
    this.stage.dispatchEvent(new Event("drawn"));
  }

  #span(form, [x1, y1], [x2, y2]) {
    return form === "line" ? [[x1, y1], [x2, y2]] : [[x1, y1], [x2, y1], [x2, y2], [x1, y2]];
  }

  #follow(event, move, end = () => {}) {
    const { svg } = this;
    svg.setPointerCapture(event.pointerId);
    const moved = (each) => each.pointerId === event.pointerId && move(this.#share(each));
    const ended = (each) => {
      if (each.pointerId !== event.pointerId) return;
      svg.removeEventListener("pointermove", moved);
      svg.removeEventListener("pointerup", ended);
      svg.removeEventListener("pointercancel", ended);
      if (each.type === "pointerup") move(this.#share(each));
      end(this.#share(each));
    };
    svg.addEventListener("pointermove", moved);
    svg.addEventListener("pointerup", ended);
    svg.addEventListener("pointercancel", ended);
  }

  #keyOnPicture(event) {
    if (this.#mode === null || event.target !== this.svg) return;
    if (event.key === "Enter") {
      event.preventDefault();
      const shape = this.sketch.add(this.#mode, this.#span(this.#mode, [0.5, 0.5], [0.5, 0.5]));
      this.#finish(shape, [0.5, 0.5], [0.5, 0.5]);
      this.#drawn.get(shape).handles[0].focus();
    } else if (event.key === "Escape") {
      this.stage.dispatchEvent(new Event("drawn"));
    }
  }

  #keyOnHandle(event, shape, index) {
    const way = ARROWS[event.key];
    if (way) {
      event.preventDefault();
      const step = event.shiftKey ? GREAT_STEP : STEP;
      const [x, y] = shape.points[index];
      this.sketch.place(shape, index, [x + way[0] * step, y + way[1] * step]);
    } else if (event.key === "Delete" && shape.form === "zone") {
      event.preventDefault();
      this.sketch.removeCorner(shape, index);
    }
  }

  #drawBox(group, [x1, y1, x2, y2], look) {
    const [width, height] = this.#size;
    const sides = { width: Math.max(0, (x2 - x1) * width), height: Math.max(0, (y2 - y1) * height) };
    draw(group, "rect", { class: look, x: x1 * width, y: y1 * height, ...sides });
  }

  // Crossed out: who is there is not looked at.
  #drawLeftOut(group, [x1, y1, x2, y2]) {
    const [width, height] = this.#size;
    this.#drawBox(group, [x1, y1, x2, y2], "left-out");
    for (const [from, to] of [[y1, y2], [y2, y1]]) {
      const ends = { x1: x1 * width, y1: from * height, x2: x2 * width, y2: to * height };
      draw(group, "line", { class: "left-out", ...ends });
    }
  }

  #drawStaff(group, x, y) {
    const unit = this.#unit;
    const [left, top] = [Math.min(x, this.#size[0] - 36 * unit), Math.max(14 * unit, y - 4 * unit)];
    const label = draw(group, "text", { class: "staff", x: left, y: top });
    label.style.fontSize = `${12 * unit}px`;
    label.textContent = this.said.staff_mark;
  }

  #drawTail(group, id, at, foot, look) {
    const tail = this.#tails.get(id) ?? [];
    tail.push({ at, foot });
    while (at - tail[0].at > TAIL_S || tail[0].at > at) tail.shift();
    this.#tails.set(id, tail);
    draw(group, "polyline", { class: look, points: tail.map((each) => each.foot.join(",")).join(" ") });
  }
}
