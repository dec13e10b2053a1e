// Filters, plots and cards of the report of test sets; after tables.js.

const byId = (id) => document.getElementById(id);
const values = (nodes, key) => [...new Set(nodes.flatMap((node) => node.dataset[key] || []))].sort(new Intl.Collator(undefined, { numeric: true }).compare);

function fill(select, names) {
  for (const name of names) select.add(new Option(name, name));
  select.parentNode.hidden = names.length < 2;
}

function setUpTable(bar) {
  const table = byId(bar.dataset.filters);
  if (!table) return void (bar.hidden = true);
  const rows = Array.from(table.tBodies[0].rows);
  const selects = Array.from(bar.querySelectorAll("select"));
  const search = bar.querySelector("input");
  for (const select of selects) fill(select, values(rows, select.dataset.key));
  const filter = () => {
    const words = wordsOf(search);
    for (const row of rows) {
      const fits = selects.every((select) => !select.value || row.dataset[select.dataset.key] === select.value);
      row.hidden = !(fits && has(row.textContent, words));
    }
  };
  for (const input of [search, ...selects]) input.addEventListener("input", filter);
  filter();
}

function setUpChoices(panel) {
  const select = panel.querySelector(".chooses");
  const plots = Array.from(panel.querySelectorAll(".choice"));
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

function setUpCards() {
  const box = byId("cards");
  const cards = Array.from(box.children);
  const chosen = { set: byId("item-set"), kind: byId("item-kind") };
  const fault = byId("item-fault");
  const search = byId("item-search");
  for (const [key, select] of Object.entries(chosen)) fill(select, values(cards, key));
  const faults = ["loop", "cut", "empty", "not scored"].filter((name) => cards.some((card) => card.dataset.fault.includes(name)));
  for (const name of faults) fault.add(new Option(name, name));
  fault.parentNode.hidden = !faults.length;
  const texts = new Map(cards.map((card) => [card, card.textContent]));
  const filter = () => {
    const words = wordsOf(search);
    let shown = 0;
    for (const card of cards) {
      const fits = Object.entries(chosen).every(([key, select]) => !select.value || card.dataset[key] === select.value);
      card.hidden = !(fits && card.dataset.fault.includes(fault.value) && has(texts.get(card), words));
      shown += !card.hidden;
    }
    byId("item-count").textContent = shown === cards.length ? String(shown) : `${shown} of ${cards.length}`;
    byId("none-fit").hidden = shown > 0 || !cards.length;
  };
  const collator = new Intl.Collator(undefined, { numeric: true });
  const orders = {
    rank: (a, b) => a.rank - b.rank,
    apart: (a, b) => b.apart - a.apart,
    name: (a, b) => collator.compare(a.name, b.name),
  };
  byId("item-order").addEventListener("input", (event) => {
    box.append(...cards.sort((a, b) => orders[event.target.value](a.dataset, b.dataset)));
  });
  for (const input of [search, fault, ...Object.values(chosen)]) input.addEventListener("input", filter);
  const go = (event) => {
    const dot = event.target.closest?.("[data-item]");
    const card = dot && byId("item-" + dot.dataset.item);
    if (!card || (event.type === "keydown" && event.key !== "Enter")) return;
    for (const input of [search, fault, ...Object.values(chosen)]) input.value = "";
    filter();
    location.hash = card.id;
    card.scrollIntoView();
  };
  document.addEventListener("click", go);
  document.addEventListener("keydown", go);
  filter();
}

for (const box of document.querySelectorAll(".run-switch"))
  box.addEventListener("change", () => document.body.classList.toggle("no-run" + box.dataset.run, !box.checked));
document.querySelectorAll("[data-filters]").forEach(setUpTable);
document.querySelectorAll(".chosen").forEach(setUpChoices);
setUpTips();
setUpCards();
document.documentElement.dataset.ready = "yes";
