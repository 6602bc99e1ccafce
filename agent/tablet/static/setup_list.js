// The same shapes as numbers beside the picture, for whoever would rather type.
"use strict";

function make(parent, tag, properties = {}, attributes = {}) {
  const element = Object.assign(document.createElement(tag), properties);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  parent.append(element);
  return element;
}

class ShapeList {
  #rows = new Map();

  constructor(list, sketch, said) {
    this.list = list;
    this.sketch = sketch;
    this.said = said;
    sketch.addEventListener("changed", (event) => (event.detail.structure ? this.rebuild() : this.refresh()));
    sketch.addEventListener("chosen", () => this.refresh());
    this.rebuild();
  }

  rebuild() {
    const focus = this.#whereFocusIs();
    this.list.replaceChildren();
    this.#rows.clear();
    for (const shape of this.sketch.shapes) this.#rows.set(shape, this.#row(shape));
    if (this.sketch.shapes.length === 0) make(this.list, "li", { className: "none", textContent: this.said.none });
    this.refresh();
    this.#giveFocusBack(focus);
  }

  refresh() {
    for (const [shape, row] of this.#rows) {
      row.item.classList.toggle("chosen", shape === this.sketch.chosen);
      row.fields.forEach(([across, down], index) => {
        this.#fill(across, shape.points[index][0]);
        this.#fill(down, shape.points[index][1]);
      });
    }
  }

  showCounts({ counts, inside }) {
    for (const [shape, row] of this.#rows) {
      const line = counts[shape.name];
      if (shape.form === "line") row.count.textContent = line ? sayCounts(this.said, line) : "";
      else row.count.textContent = shape.name in inside ? this.#sayInside(shape, inside[shape.name]) : "";
    }
  }

  showProblems(problems) {
    for (const row of this.#rows.values()) row.problem.hidden = true;
    for (const { shape, index, text } of problems) {
      const row = this.#rows.get(this.sketch.find(shape, index));
      if (!row) continue;
      row.problem.textContent = text;
      row.problem.hidden = false;
    }
  }

  #sayInside(shape, count) {
    const { said } = this;
    const sentence = { excluded: said.left_out, staff: said.staff_seen }[shape.kind] ?? said.inside;
    return say(sentence, { count });
  }

  #fill(field, share) {
    if (document.activeElement !== field) field.value = (share * 100).toFixed(1);
  }

  #row(shape) {
    const { sketch, said } = this;
    const item = make(this.list, "li", { className: `shape-row of-${shape.form}` });
    item.addEventListener("focusin", () => sketch.choose(shape));
    item.addEventListener("pointerdown", () => sketch.choose(shape));
    const group = make(item, "fieldset");
    make(group, "legend", { className: "unseen", textContent: `${said[shape.form]} ${shape.name}` });
    const head = make(group, "div", { className: "row-head" });
    this.#nameField(head, shape);
    this.#kindField(head, shape);
    const count = make(head, "output", { className: "count" });
    const fields = this.#numbers(group, shape);
    this.#buttons(group, shape);
    const problem = make(group, "p", { className: "problem", hidden: true }, { role: "alert" });
    return { item, fields, count, problem };
  }

  #nameField(head, shape) {
    const label = make(head, "label", { className: "field" });
    make(label, "span", { textContent: this.said.name });
    const input = make(label, "input", { value: shape.name, maxLength: 32, autocomplete: "off", spellcheck: false });
    input.setAttribute("autocapitalize", "none");
    input.addEventListener("input", () => this.sketch.rename(shape, input.value));
  }

  #kindField(head, shape) {
    const label = make(head, "label", { className: "field" });
    make(label, "span", { textContent: this.said.kind });
    const select = make(label, "select");
    const kinds = shape.form === "line" ? ["entrance", "passing"] : ["dwell", "queue", "excluded", "staff"];
    for (const kind of kinds) make(select, "option", { value: kind, textContent: this.said[kind], selected: kind === shape.kind });
    select.addEventListener("change", () => this.sketch.turn(shape, select.value));
  }

  #numbers(group, shape) {
    const table = make(group, "table", { className: "numbers" });
    const head = make(make(table, "thead"), "tr");
    for (const word of ["point", "across", "down"]) make(head, "th", { scope: "col", textContent: this.said[word] });
    if (shape.form === "zone") make(make(head, "td"), "span", { className: "unseen", textContent: this.said.remove_corner });
    const body = make(table, "tbody");
    return shape.points.map((_, index) => this.#numberRow(body, shape, index));
  }

  #numberRow(body, shape, index) {
    const { said } = this;
    const row = make(body, "tr");
    const zone = shape.form === "zone";
    const name = zone ? say(said.corner, { number: index + 1 }) : [said.begin, said.end][index];
    make(row, "th", { scope: "row", textContent: name });
    const fields = ["across", "down"].map((axis, which) => {
      const field = make(make(row, "td"), "input", { type: "number", min: 0, max: 100, step: 0.5 });
      field.setAttribute("aria-label", `${shape.name}, ${name}, ${said[axis]}`);
      field.addEventListener("input", () => {
        if (field.value === "" || !Number.isFinite(field.valueAsNumber)) return;
        const point = [...shape.points[index]];
        point[which] = field.valueAsNumber / 100;
        this.sketch.place(shape, index, point);
      });
      field.addEventListener("blur", () => this.#fill(field, shape.points[index][which]));
      return field;
    });
    if (zone) this.#removeCorner(make(row, "td"), shape, index, name);
    return fields;
  }

  #removeCorner(cell, shape, index, name) {
    const button = make(cell, "button", { type: "button", className: "small-button", textContent: "×" });
    button.setAttribute("aria-label", `${shape.name}, ${name}: ${this.said.remove_corner}`);
    button.disabled = shape.points.length <= FEWEST_CORNERS;
    button.addEventListener("click", () => this.sketch.removeCorner(shape, index));
  }

  #buttons(group, shape) {
    const { sketch, said } = this;
    const row = make(group, "div", { className: "row-buttons" });
    const button = (text, act) => {
      make(row, "button", { type: "button", className: "small-button", textContent: text }).addEventListener("click", act);
    };
    if (shape.form === "line") button(said.swap, () => sketch.swap(shape));
    else button(said.add_corner, () => sketch.addCorner(shape, shape.points.length - 1));
    button(said.remove, () => sketch.remove(shape));
  }

  // Rebuilding must not throw whoever works by keyboard out of the list.
  #whereFocusIs() {
    const focusable = [...this.list.querySelectorAll("input, select, button")];
    return focusable.indexOf(document.activeElement);
  }

  #giveFocusBack(place) {
    if (place < 0) return;
    const focusable = [...this.list.querySelectorAll("input, select, button")];
    focusable[Math.min(place, focusable.length - 1)]?.focus();
  }
}
