// Keeps the live part of a page up to date. The server says that something changed, by Server-Sent
// Events; the part is then fetched as rendered HTML and swapped in. Without the stream it is fetched
// every five seconds. Everything also works with this script switched off: then one reloads.
"use strict";

(() => {
  const region = document.getElementById("live");
  const state = document.querySelector("[data-live-state]");
  if (!region || !state) return;

  const text = state.querySelector("[data-live-text]");
  const pause = state.querySelector("[data-live-pause]");
  const POLL_MS = 5000;
  const SOONEST_MS = 300; // a busy till must not make a page flicker

  let stream = null;
  let timer = null;
  let pace = 0;
  let paused = false;
  let busy = false;
  let again = false;
  let lastSwap = 0;

  const say = (mode) => {
    if (state.dataset.liveState === mode) return;
    state.dataset.liveState = mode;
    text.textContent = text.dataset[mode];
  };

  // A stream that fails tells so again and again; the turn that is under way must not be put off.
  const every = (ms) => {
    if (ms === pace) return;
    pace = ms;
    clearInterval(timer);
    timer = ms ? setInterval(refresh, ms) : null;
  };

  async function refresh() {
    if (paused || document.hidden) return;
    if (busy) {
      again = true;
      return;
    }
    busy = true;
    again = false;
    try {
      await new Promise((done) => setTimeout(done, Math.max(0, lastSwap + SOONEST_MS - Date.now())));
      const answer = await fetch(region.dataset.liveUrl, { headers: { "X-Lianke-Live": "1" } });
      if (answer.status === 401) return location.reload();
      tally(answer.headers.get("X-Lianke-Alarms"));
      if (answer.ok) swap(await answer.text());
    } catch {
      say("polling"); // the line is down; the next turn tries again
    } finally {
      busy = false;
      lastSwap = Date.now();
    }
    if (again) refresh();
  }

  // The head of the page is not swapped, but it counts the alarms that nobody has acknowledged.
  function tally(count) {
    if (count === null) return;
    for (const badge of document.querySelectorAll("[data-alarms]")) {
      badge.textContent = count;
      badge.hidden = count === "0";
    }
  }

  // Replaces what is shown, but neither closes what the reader opened nor moves their focus.
  function swap(html) {
    const fresh = new DOMParser().parseFromString(`<body>${html}`, "text/html").body;
    const known = new Set([...region.querySelectorAll("[data-key]")].map((row) => row.dataset.key));
    const open = [...region.querySelectorAll("details[open]")].map((details) => details.id);
    const scrolled = [...region.querySelectorAll(".wide")].map((box) => box.scrollLeft);
    const focus = region.contains(document.activeElement) ? pathTo(document.activeElement) : null;

    for (const id of open) fresh.querySelector(`#${id}`)?.setAttribute("open", "");
    for (const row of fresh.querySelectorAll("[data-key]")) {
      if (known.size && !known.has(row.dataset.key)) row.classList.add("arrived");
    }
    region.replaceChildren(...fresh.childNodes);
    region.querySelectorAll(".wide").forEach((box, place) => { box.scrollLeft = scrolled[place] ?? 0; });
    if (focus) at(focus)?.focus({ preventScroll: true });
  }

  // A focused element is found again by its row, or by its place among those that take focus.
  const FOCUSABLE = "a, button, summary, [tabindex]";
  function pathTo(element) {
    const row = element.closest("[data-key]");
    const inside = row ?? region;
    return { key: row?.dataset.key, place: [...inside.querySelectorAll(FOCUSABLE)].indexOf(element) };
  }
  function at({ key, place }) {
    const inside = key ? region.querySelector(`[data-key="${CSS.escape(key)}"]`) : region;
    return inside?.querySelectorAll(FOCUSABLE)[place];
  }

  function listen() {
    if (stream) return;
    stream = new EventSource(region.dataset.streamUrl);
    stream.addEventListener("open", () => {
      say("live");
      every(Number(region.dataset.seconds) * 1000); // ages grow although nothing happens
    });
    stream.addEventListener("changed", refresh);
    stream.addEventListener("gone", () => location.reload());
    stream.addEventListener("error", () => {
      if (paused || document.hidden) return;
      say("polling");
      every(POLL_MS);
      if (stream?.readyState === EventSource.CLOSED) {
        hush(); // it will not try again by itself, as after an answer that is no stream
        setTimeout(attend, POLL_MS);
      }
    });
  }

  function hush() {
    stream?.close();
    stream = null;
  }

  function attend() {
    if (paused || document.hidden) {
      hush();
      every(0);
    } else {
      listen();
      refresh();
    }
  }

  pause.hidden = false;
  pause.addEventListener("click", () => {
    paused = !paused;
    pause.setAttribute("aria-pressed", String(paused));
    if (paused) say("paused");
    attend();
  });
  document.addEventListener("visibilitychange", attend);
  addEventListener("pagehide", hush);
  listen();
})();
