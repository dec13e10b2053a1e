// The cards of pages; after tables.js.
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

setUpPages();
document.documentElement.dataset.ready = "yes";
