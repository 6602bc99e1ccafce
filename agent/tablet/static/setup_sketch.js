// What is drawn over the picture: lines and zones, in shares of the picture; who listens is told.
"use strict";

const FEWEST_CORNERS = 3;
const MOST_CORNERS = 16;

const within = (share) => Math.min(1, Math.max(0, Math.round(share * 10000) / 10000));

class Shape {
  constructor(form, name, kind, points) {
    this.form = form;
    this.name = name;
    this.kind = kind;
    this.points = points.map(([x, y]) => [within(x), within(y)]);
  }

  told() {
    const common = { name: this.name, kind: this.kind };
    if (this.form === "zone") return { ...common, corners: this.points };
    return { ...common, begin: this.points[0], end: this.points[1] };
  }

  // The way that counts as in: from the middle, at a right angle, in a picture of this size.
  wayIn(width, height, length) {
    const [[x1, y1], [x2, y2]] = this.points.map(([x, y]) => [x * width, y * height]);
    const [middleX, middleY] = [(x1 + x2) / 2, (y1 + y2) / 2];
    const whole = Math.hypot(x2 - x1, y2 - y1) || 1;
    const tip = [
      middleX - ((y2 - y1) / whole) * length,
      middleY + ((x2 - x1) / whole) * length,
    ];
    return [[middleX, middleY], tip];
  }

  get middle() {
    const count = this.points.length;
    return [0, 1].map((axis) => this.points.reduce((sum, point) => sum + point[axis], 0) / count);
  }
}

class Sketch extends EventTarget {
  constructor(drawn) {
    super();
    this.shapes = [
      ...drawn.line.map((each) => new Shape("line", each.name, each.kind, [each.begin, each.end])),
      ...drawn.zone.map((each) => new Shape("zone", each.name, each.kind, each.corners)),
    ];
    this.chosen = this.shapes[0] ?? null;
    this.trial = 1;
  }

  told() {
    const of = (form) => this.shapes.filter((each) => each.form === form).map((each) => each.told());
    return { line: of("line"), zone: of("zone"), trial: this.trial };
  }

  // Where a shape stands among those of its form, as problems are told.
  find(form, index) {
    return this.shapes.filter((each) => each.form === form)[index];
  }

  choose(shape) {
    if (shape === this.chosen) return;
    this.chosen = shape;
    this.dispatchEvent(new Event("chosen"));
  }

  add(form, points) {
    const shape = new Shape(form, this.#newName(form), form === "line" ? "entrance" : "dwell", points);
    this.shapes.push(shape);
    this.chosen = shape;
    this.changed(true);
    return shape;
  }

  remove(shape) {
    this.shapes = this.shapes.filter((each) => each !== shape);
    if (this.chosen === shape) this.chosen = this.shapes[0] ?? null;
    this.changed(true);
  }

  place(shape, index, [x, y]) {
    shape.points[index] = [within(x), within(y)];
    this.changed();
  }

  // The whole shape moves as far as all of it stays within the picture.
  shift(shape, [x, y]) {
    const moved = [x, y].map((step, axis) => {
      const at = shape.points.map((point) => point[axis]);
      return Math.max(-Math.min(...at), Math.min(1 - Math.max(...at), step));
    });
    shape.points = shape.points.map((point) => point.map((share, axis) => within(share + moved[axis])));
    this.changed();
  }

  swap(shape) {
    shape.points.reverse();
    this.changed();
  }

  addCorner(shape, after) {
    if (shape.points.length >= MOST_CORNERS) return false;
    const [from, to] = [shape.points[after], shape.points[(after + 1) % shape.points.length]];
    shape.points.splice(after + 1, 0, [within((from[0] + to[0]) / 2), within((from[1] + to[1]) / 2)]);
    this.changed(true);
    return true;
  }

  removeCorner(shape, index) {
    if (shape.points.length <= FEWEST_CORNERS) return;
    shape.points.splice(index, 1);
    this.changed(true);
  }

  rename(shape, name) {
    shape.name = name.trim();
    this.changed();
  }

  turn(shape, kind) {
    shape.kind = kind;
    this.changed();
  }

  beginAnew() {
    this.trial += 1;
    this.changed();
  }

  // Another structure: shapes or corners came or went.
  changed(structure = false) {
    this.dispatchEvent(new CustomEvent("changed", { detail: { structure } }));
  }

  #newName(form) {
    const first = form === "line" ? "door" : "zone";
    const taken = new Set(this.shapes.map((each) => each.name));
    let name = first;
    for (let number = 2; taken.has(name); number += 1) name = `${first}-${number}`;
    return name;
  }
}
