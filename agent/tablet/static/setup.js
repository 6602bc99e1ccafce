// Brings the set-up page to life: pictures and figures as they come, trials, saving.
"use strict";

const TRIAL_DELAY_MS = 150;
const STILL_RETRY_MS = 1000;
const REMEMBERED = 20;

const page = document.getElementById("setup");
const { place } = page.dataset;
const said = JSON.parse(page.dataset.said);
const sketch = new Sketch(JSON.parse(page.dataset.drawn));
const view = new View(document.getElementById("stage"), sketch, said);
const list = new ShapeList(document.getElementById("shapes"), sketch, said);
const blind = document.getElementById("blind");
const how = document.getElementById("how");
const problem = document.getElementById("problem");
const tools = { line: document.getElementById("add-line"), zone: document.getElementById("add-zone") };

const recent = new Map(); // figures by the time of their picture
let counted = {};
let stream = null;
let over = false;
let picture = { at: 0, shownMs: -Infinity };
let placed = null;

function explain(text) {
  how.textContent = text;
}

function use(form) {
  view.mode = form;
  for (const [each, button] of Object.entries(tools)) button.setAttribute("aria-pressed", String(each === form));
  explain(form === null ? said.how : said[`how_${form}`]);
}

for (const [form, button] of Object.entries(tools)) {
  button.addEventListener("click", () => use(button.getAttribute("aria-pressed") === "true" ? null : form));
}
document.getElementById("stage").addEventListener("drawn", () => use(null));
document.getElementById("begin-anew").addEventListener("click", () => sketch.beginAnew());

function showProblem(text) {
  problem.textContent = text;
  problem.hidden = text === "";
}

function showProblems(problems) {
  list.showProblems(problems);
  showProblem(problems.filter((each) => each.shape === "").map((each) => each.text).join(" "));
}

async function post(what) {
  const answer = await fetch(`${place}/${what}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(sketch.told()),
  });
  if (answer.status === 403) end();
  if (!answer.ok) throw new Error(String(answer.status));
  return (await answer.json()).problems;
}

// What is drawn is tried at once; only the latest of many changes is sent.
let due = null;

async function attempt() {
  due = null;
  try {
    showProblems(await post("trial"));
  } catch {
    showProblem(over ? "" : said.lost);
  }
}

sketch.addEventListener("changed", () => {
  clearTimeout(due);
  due = setTimeout(attempt, TRIAL_DELAY_MS);
});

document.getElementById("save").addEventListener("click", async (event) => {
  const button = event.currentTarget;
  button.disabled = true;
  try {
    const problems = await post("proposal");
    showProblems(problems);
    if (problems.length > 0) list.list.querySelector(".problem:not([hidden])")?.scrollIntoView({ block: "center" });
  } catch {
    showProblem(over ? "" : said.not_saved);
  }
  button.disabled = false;
});

function heard(figures) {
  recent.set(figures.at_s, figures);
  while (recent.size > REMEMBERED) recent.delete(recent.keys().next().value);
  blind.hidden = true;
  for (const [name, [goingIn, goingOut]] of Object.entries(figures.counts)) {
    const before = counted[name];
    if (before && goingIn + goingOut > before[0] + before[1]) view.flash(name);
  }
  counted = figures.counts;
  view.showCounts(figures);
  list.showCounts(figures);
  placePeople();
}

// With pictures, people are drawn where they are in the picture that is shown; else the latest.
function placePeople() {
  let best = [...recent.values()].at(-1);
  if (performance.now() - picture.shownMs < STILL_RETRY_MS) {
    for (const each of recent.values()) {
      if (Math.abs(each.at_s - picture.at) < Math.abs(best.at_s - picture.at)) best = each;
    }
  }
  if (!best || best === placed) return;
  placed = best;
  view.showPeople(best);
}

function end() {
  over = true;
  stop();
  view.blank();
  blind.hidden = false;
  blind.replaceChildren(Object.assign(document.createElement("a"), { href: "/setup", textContent: said.ended }));
}

function watch() {
  if (over || stream) return;
  stream = new EventSource(`${place}/live`);
  stream.onmessage = (event) => heard(JSON.parse(event.data));
  stream.addEventListener("blind", (event) => {
    view.blank();
    blind.textContent = JSON.parse(event.data).text;
    blind.hidden = false;
  });
  stream.addEventListener("standing", (event) => {
    const standing = document.getElementById("standing");
    const { word, text } = JSON.parse(event.data);
    standing.textContent = text;
    standing.className = `standing is-${word}`;
  });
  stream.addEventListener("ended", end);
  stills(stream);
}

function stop() {
  stream?.close();
  stream = null;
}

async function stills(mine) {
  while (stream === mine) {
    try {
      const answer = await fetch(`${place}/still`, { cache: "no-store" });
      if (answer.status === 403) return end();
      if (!answer.ok) throw new Error(String(answer.status));
      const bitmap = await createImageBitmap(await answer.blob());
      if (stream !== mine) return bitmap.close();
      view.paint(bitmap);
      picture = { at: Number(answer.headers.get("At")), shownMs: performance.now() };
      placePeople();
    } catch {
      await new Promise((done) => setTimeout(done, STILL_RETRY_MS));
    }
  }
}

document.addEventListener("visibilitychange", () => (document.hidden ? stop() : watch()));
explain(said.how);
attempt();
watch();
