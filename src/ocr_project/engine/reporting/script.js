"use strict";
// Moves and hides what is in the page; it writes text by textContent only, never markup.

function sortTable(button) {
  const head = button.closest("th");
  const body = head.closest("table").tBodies[0];
  const column = head.cellIndex;
  const numeric = head.classList.contains("n");
  const first = numeric ? "descending" : "ascending";
  const now = head.getAttribute("aria-sort");
  const order = now === "none" ? first : now === "ascending" ? "descending" : "ascending";
  const sign = order === "ascending" ? 1 : -1;
  const collator = new Intl.Collator(undefined, { numeric: true });
  const value = (row) => {
    const cell = row.cells[column];
    if (!numeric) return cell.textContent;
    return cell.dataset.v ? Number(cell.dataset.v) : null;
  };
  const rows = Array.from(body.rows, (row) => [value(row), row]);
  rows.sort(([a], [b]) => {
    if (a === null || b === null) return (a === null) - (b === null); // what has no number stays below
    return sign * (numeric ? a - b : collator.compare(a, b));
  });
  for (const other of head.parentNode.cells) if (other.hasAttribute("aria-sort")) other.setAttribute("aria-sort", "none");
  head.setAttribute("aria-sort", order);
  body.append(...rows.map(([, row]) => row));
}

function has(text, words) {
  const low = text.normalize("NFC").toLowerCase();
  return words.every((word) => low.includes(word));
}

function wordsOf(input) {
  return input.value.normalize("NFC").toLowerCase().split(/\s+/).filter(Boolean);
}

function searchTable(input) {
  const table = document.getElementById(input.dataset.search);
  if (!table) return void (input.hidden = true);
  input.addEventListener("input", () => {
    const words = wordsOf(input);
    for (const row of table.tBodies[0].rows) row.hidden = !has(row.textContent, words);
  });
}

function setUpPages() {
  const byId = (id) => document.getElementById(id);
  const box = byId("cards");
  const cards = Array.from(box.children);
  const chosen = { group: byId("page-group"), status: byId("page-status") };
  const search = byId("page-search");
  for (const [key, select] of Object.entries(chosen)) {
    const values = [...new Set(cards.map((card) => card.dataset[key]))].filter(Boolean).sort();
    for (const value of values) select.add(new Option(value, value));
    select.parentNode.hidden = values.length < 2;
  }
  const filter = () => {
    const words = wordsOf(search);
    let shown = 0;
    for (const card of cards) {
      const fits = Object.entries(chosen).every(([key, select]) => !select.value || card.dataset[key] === select.value);
      card.hidden = !(fits && has(card.dataset.name, words));
      shown += !card.hidden;
    }
    byId("page-count").textContent = shown === cards.length ? String(shown) : `${shown} of ${cards.length}`;
  };
  const collator = new Intl.Collator(undefined, { numeric: true });
  const orders = {
    rank: (a, b) => a.rank - b.rank,
    confidence: (a, b) => a.confidence - b.confidence,
    name: (a, b) => collator.compare(a.name, b.name) || a.page - b.page,
  };
  const order = byId("page-order");
  order.addEventListener("change", () => {
    const compare = orders[order.value];
    box.append(...cards.sort((a, b) => compare(a.dataset, b.dataset)));
  });
  for (const input of [search, ...Object.values(chosen)]) input.addEventListener("input", filter);
  byId("all-regions").addEventListener("change", (event) => {
    for (const toggle of box.querySelectorAll("input.drawn")) toggle.checked = event.target.checked;
  });
  filter();
}

for (const button of document.querySelectorAll("th > button")) button.addEventListener("click", () => sortTable(button));
for (const input of document.querySelectorAll("[data-search]")) searchTable(input);
setUpPages();
document.documentElement.dataset.ready = "yes";
