"use strict";
// Moves and hides what is in the page; it writes text by textContent only, never markup.

const byId = (id) => document.getElementById(id);
const all = (selector, root = document) => Array.from(root.querySelectorAll(selector));
const collator = new Intl.Collator(undefined, { numeric: true });

function wordsOf(input) {
  return input.value.normalize("NFC").toLowerCase().split(/\s+/).filter(Boolean);
}

function has(text, words) {
  const low = text.normalize("NFC").toLowerCase();
  return words.every((word) => low.includes(word));
}

function fill(select, names) {
  for (const name of [...new Set(names)].filter(Boolean).sort(collator.compare)) select.add(new Option(name, name));
}

// Tables

function sortTable(button) {
  const head = button.closest("th");
  const body = head.closest("table").tBodies[0];
  const column = head.cellIndex;
  const numeric = head.classList.contains("n");
  const first = numeric ? "descending" : "ascending";
  const now = head.getAttribute("aria-sort");
  const order = now === "none" ? first : now === "ascending" ? "descending" : "ascending";
  const sign = order === "ascending" ? 1 : -1;
  const value = (row) => {
    const cell = row.cells[column];
    if (!numeric) return cell.textContent;
    return cell.dataset.v ? Number(cell.dataset.v) : null;
  };
  const rows = Array.from(body.rows, (row) => [value(row), row]);
  rows.sort(([a], [b]) => {
    if (a === null || b === null) return (a === null) - (b === null); // rows without a number stay last
    return sign * (numeric ? a - b : collator.compare(a, b));
  });
  for (const other of head.parentNode.cells) if (other.hasAttribute("aria-sort")) other.setAttribute("aria-sort", "none");
  head.setAttribute("aria-sort", order);
  body.append(...rows.map(([, row]) => row));
}

function setUpSearch(input) {
  const table = byId(input.dataset.search);
  if (!table) return void (input.hidden = true);
  input.addEventListener("input", () => {
    const words = wordsOf(input);
    for (const row of table.tBodies[0].rows) row.hidden = !has(row.textContent, words);
  });
}

function setUpTableFilters(bar) {
  const table = byId(bar.dataset.filters);
  if (!table) return void (bar.hidden = true);
  setUpFilters(bar, Array.from(table.tBodies[0].rows));
}

// Filters over rows or cards: a search, and selects that name a data attribute in `data-key`. An attribute of several
// words is a list with commas, and its select says `data-list`. Returns a function that clears them all.

function setUpFilters(bar, members, show = () => {}) {
  const selects = all("select[data-key]", bar);
  const search = bar.querySelector("input[type=search]");
  const within = search.dataset.within;
  const texts = new Map(members.map((member) => [member, within ? member.dataset[within] : member.textContent]));
  const valuesOf = (member, select) => {
    const value = member.dataset[select.dataset.key] || "";
    return "list" in select.dataset ? value.split(", ") : [value];
  };
  for (const select of selects) {
    fill(select, members.flatMap((member) => valuesOf(member, select)));
    select.parentNode.hidden = select.options.length < ("list" in select.dataset ? 2 : 3);
  }
  const filter = () => {
    const words = wordsOf(search);
    let shown = 0;
    for (const member of members) {
      const fits = selects.every((select) => !select.value || valuesOf(member, select).includes(select.value));
      member.hidden = !(fits && has(texts.get(member), words));
      shown += !member.hidden;
    }
    show(shown);
  };
  for (const input of [search, ...selects]) input.addEventListener("input", filter);
  filter();
  return () => {
    for (const input of [search, ...selects]) input.value = "";
    filter();
  };
}

// Cards: filtered, and ordered by the data attributes that an option names, a minus before those that fall

function setUpIndex(cards) {
  const list = byId("page-index");
  if (!list) return;
  for (const card of cards) {
    const link = document.createElement("a");
    link.href = "#" + card.id;
    link.textContent = card.getAttribute("aria-label");
    const rate = card.querySelector("[data-rate]");
    const row = document.createElement("li");
    row.append(link, rate ? " " + rate.textContent : "");
    list.append(row);
  }
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea")) return;
    const way = { j: 1, k: -1 }[event.key];
    if (!way) return;
    const shown = all(".card").filter((card) => !card.hidden);
    const now = shown.findIndex((card) => "#" + card.id === location.hash);
    const next = shown[now < 0 ? (way > 0 ? 0 : shown.length - 1) : now + way];
    if (next) location.hash = next.id;
  });
}

function setUpCards() {
  const box = byId("cards");
  const cards = all(".card", box);
  setUpIndex(cards);
  const clear = setUpFilters(byId("card-filters"), cards, (shown) => {
    byId("card-count").textContent = shown === cards.length ? String(shown) : `${shown} of ${cards.length}`;
    byId("none-fit").hidden = shown > 0 || !cards.length;
  });
  const compare = (a, b, key) => {
    const [sign, name] = key.startsWith("-") ? [-1, key.slice(1)] : [1, key];
    const [left, right] = [a.dataset[name], b.dataset[name]];
    return sign * (Number(left) - Number(right) || collator.compare(left, right));
  };
  byId("card-order").addEventListener("input", (event) => {
    const keys = event.target.value.split(" ");
    box.append(...cards.sort((a, b) => keys.reduce((found, key) => found || compare(a, b, key), 0)));
  });
  const go = (event) => {
    const dot = event.target.closest?.("[data-item]");
    const card = dot && byId("item-" + dot.dataset.item);
    if (!card || (event.type === "keydown" && event.key !== "Enter")) return;
    clear();
    location.hash = card.id;
    card.scrollIntoView();
  };
  document.addEventListener("click", go);
  document.addEventListener("keydown", go);
  byId("all-regions")?.addEventListener("change", (event) => {
    for (const toggle of all("input.drawn", box)) toggle.checked = event.target.checked;
  });
}

// Plots: one of several that is chosen, and the tip of the mark under the pointer

function setUpChoices(panel) {
  const select = panel.querySelector(".chooses");
  const plots = all(".choice", panel);
  for (const plot of plots) select.add(new Option(plot.dataset.choice, plot.dataset.choice));
  const show = () => plots.forEach((plot) => plot.classList.toggle("now", plot.dataset.choice === select.value));
  select.addEventListener("input", show);
  panel.classList.add("ready");
  show();
}

function setUpTips() {
  const tip = byId("tip");
  const show = (event) => {
    const mark = event.target.closest?.("[data-tip]");
    tip.hidden = !mark;
    if (!mark) return;
    tip.textContent = mark.dataset.tip;
    const box = mark.getBoundingClientRect();
    const x = event.clientX ?? box.left + box.width / 2;
    const y = event.clientY ?? box.top;
    tip.style.left = Math.max(8, Math.min(x + 12, innerWidth - tip.offsetWidth - 8)) + "px";
    tip.style.top = Math.max(8, y - tip.offsetHeight - 12) + "px";
  };
  document.addEventListener("pointermove", show);
  document.addEventListener("focusin", show);
  document.addEventListener("scroll", () => (tip.hidden = true), { passive: true });
}

for (const button of all("th > button")) button.addEventListener("click", () => sortTable(button));
for (const box of all(".run-switch"))
  box.addEventListener("change", () => document.body.classList.toggle("no-run" + box.dataset.run, !box.checked));
all("[data-search]").forEach(setUpSearch);
all("[data-filters]").forEach(setUpTableFilters);
all(".chosen").forEach(setUpChoices);
setUpTips();
setUpCards();
document.documentElement.dataset.ready = "yes";
