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

for (const button of document.querySelectorAll("th > button")) button.addEventListener("click", () => sortTable(button));
for (const input of document.querySelectorAll("[data-search]")) searchTable(input);
