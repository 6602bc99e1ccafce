// What somebody sees on this page that they should not. Each judge gives a list of complaints.
async () => {
  await document.fonts.ready;
  const found = [];
  const complain = (what, element) =>
    found.push(`${what}: ${element.textContent.trim().replace(/\s+/g, " ").slice(0, 60)}`);
  const forReadersOnly = (element) => element && getComputedStyle(element).clipPath !== "none";
  const shown = (element) =>
    element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true }) &&
    !element.closest(".skip") && !forReadersOnly(element.closest(".unseen, thead"));

  // Words: the elements that have text of their own, and where that text is.
  const words = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode, element = node.parentElement;
    if (!node.data.trim() || element.closest("script, style, title, option") || !shown(element)) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const boxes = [...range.getClientRects()].filter((box) => box.width > 1 && box.height > 1);
    if (boxes.length) words.push({ element, text: node.data.trim(), boxes });
  }

  // Cut off: beyond the window, or beyond a box that hides what is outside and cannot be scrolled.
  const clips = (style) => ["hidden", "clip"].includes(style.overflowX);
  const scrolls = (style) => ["auto", "scroll"].includes(style.overflowX);
  const room = document.documentElement.clientWidth;
  for (const { element, boxes } of words) {
    let right = room, left = 0;
    for (let each = element; each; each = each.parentElement) {
      const style = getComputedStyle(each);
      if (scrolls(style)) { right = Infinity; left = -Infinity; break; }
      const box = each.getBoundingClientRect();
      if (clips(style) && style.webkitLineClamp === "none" && style.textOverflow !== "ellipsis") {
        right = Math.min(right, box.right);
        left = Math.max(left, box.left);
      }
    }
    if (boxes.some((box) => box.right > right + 1 || box.left < left - 1)) complain("cut off", element);
  }
  for (const card of document.querySelectorAll(".figures, .figures > div, .panel, button, .badge"))
    if (card.scrollWidth > card.clientWidth + 1 && card.clientWidth && !card.closest("svg"))
      if (!scrolls(getComputedStyle(card))) complain("wider than its box", card);

  // Squeezed: a column so narrow that its words stand on end.
  for (const { element, text, boxes } of words)
    if (boxes.length > 2 && text.length > 3 && !element.closest("svg"))
      if (Math.max(...boxes.map((box) => box.width)) < 3 * parseFloat(getComputedStyle(element).fontSize))
        complain("squeezed", element);

  // Out of sight: a table that has to be pushed aside on a desk, or though it could be cards.
  for (const wide of document.querySelectorAll(".wide"))
    if (wide.scrollWidth > wide.clientWidth + 1)
      if (innerWidth > 1200 || wide.querySelector("table.stack")) complain("out of sight", wide);

  // On one another: numbers of a chart, and bars over what its lines mean.
  // A line of text is higher than the digits in it, in a Chinese font by half.
  const ink = (box) => ({ left: box.left, right: box.right, top: box.top + box.height / 4, bottom: box.bottom - box.height / 4 });
  const meet = (one, other) =>
    Math.min(one.right, other.right) - Math.max(one.left, other.left) > 1 &&
    Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top) > 2;
  for (const chart of document.querySelectorAll("svg.chart")) {
    const texts = [...chart.querySelectorAll("text")].filter(shown);
    const boxes = texts.map((text) => ink(text.getBoundingClientRect()));
    texts.forEach((text, at) => {
      if (boxes.slice(at + 1).some((box) => meet(boxes[at], box))) complain("numbers touch", text);
    });
    const bars = [...chart.querySelectorAll(".bar-box")].map((bar) => bar.getBoundingClientRect());
    for (const tick of chart.querySelectorAll(".tick"))
      if (bars.some((bar) => meet(ink(tick.getBoundingClientRect()), bar))) complain("behind a bar", tick);
  }

  // Faint: less contrast than WCAG 2.2 asks for at level AA.
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [red, green, blue, alpha] = canvas.getImageData(0, 0, 1, 1).data;
    return [red, green, blue, alpha / 255];
  };
  const over = (top, below) => [0, 1, 2].map((at) => top[at] * top[3] + below[at] * (1 - top[3])).concat(1);
  const behind = (element) => {
    const layers = [];
    for (let each = element; each; each = each.parentElement) {
      layers.push(rgba(getComputedStyle(each).backgroundColor));
      if (layers.at(-1)[3] === 1) break;
    }
    return layers.reverse().reduce((below, top) => over(top, below), [255, 255, 255, 1]);
  };
  const light = (colour) =>
    [0.2126, 0.7152, 0.0722].reduce((sum, weight, at) => {
      const part = colour[at] / 255;
      return sum + weight * (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    }, 0);
  for (const { element } of words) {
    const style = getComputedStyle(element), ground = behind(element);
    const colour = over(rgba(element.closest("svg") ? style.fill : style.color), ground);
    const [dark, bright] = [light(colour), light(ground)].sort((one, other) => one - other);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if ((bright + 0.05) / (dark + 0.05) < (large ? 3 : 4.5)) complain("faint", element);
  }

  // Not translated: English sentences on a Chinese page that do not say that they are English.
  if (document.documentElement.lang.startsWith("zh"))
    for (const { element, text } of words)
      if (/[a-z]{2,} [a-z]{2,} [a-z]{2,}/i.test(text) && !/\p{Script=Han}/u.test(text) && !element.closest("[lang=en], code, kbd"))
        complain("not translated", element);

  // Mute: a drawing without a name, or one that describes nothing.
  for (const drawing of document.querySelectorAll("svg[role=img]")) {
    const named = (drawing.getAttribute("aria-labelledby") ?? "").split(" ").filter(Boolean);
    const told = (drawing.getAttribute("aria-describedby") ?? "").split(" ").filter(Boolean);
    const there = (ids) => ids.every((id) => document.getElementById(id)?.textContent.trim());
    if (!drawing.getAttribute("aria-label") && !(named.length && there(named))) complain("no name", drawing);
    if (!there(told)) complain("describes nothing", drawing);
  }
  return [...new Set(found)];
}
