"use strict";
// What the pages can do beyond forms and links: drop files, follow a run without reloading, show a line in its image.
// It writes text by textContent only.

for (const form of document.querySelectorAll(".drop")) {
  const input = form.querySelector("input[type=file]");
  const said = form.querySelector(".said");
  const small = (files) => Array.from(files).reduce((sum, file) => sum + file.size, 0) <= Number(form.dataset.limit);
  const check = () => {
    said.textContent = small(input.files) ? "" : form.dataset.tooLarge;
    return small(input.files);
  };
  input.addEventListener("change", check);
  form.addEventListener("submit", (event) => {
    if (!check()) event.preventDefault();
    else form.querySelector("button").disabled = true;
  });
  for (const kind of ["dragover", "dragleave", "drop"])
    form.addEventListener(kind, (event) => {
      event.preventDefault();
      form.classList.toggle("over", kind === "dragover");
    });
  form.addEventListener("drop", (event) => {
    if (!event.dataTransfer.files.length) return;
    input.files = event.dataTransfer.files;
    if (check()) form.requestSubmit();
  });
}
addEventListener("pageshow", () => {
  for (const button of document.querySelectorAll(".drop button")) button.disabled = false;
});

const run = document.querySelector("[data-state]");
if (run) {
  const show = ({ stages }) => {
    for (const [name, done, total, state] of stages) {
      const row = run.querySelector(`[data-stage="${name}"]`);
      if (!row) continue;
      row.className = state;
      const bar = row.querySelector("progress");
      bar.max = total || 1;
      if (total || state !== "now") bar.value = total ? done : Number(state === "done");
      else bar.removeAttribute("value");
      row.querySelector(".count").textContent = total ? `${done} / ${total}` : "";
    }
  };
  const look = async () => {
    try {
      const found = await (await fetch(run.dataset.state)).json();
      if (found.state !== run.dataset.now) return location.reload();
      show(found);
    } catch {
      // the server has ended; once it is there again the page goes on
    }
    setTimeout(look, 1000);
  };
  setTimeout(look, 1000);
}

for (const line of document.querySelectorAll(".line")) {
  const box = document.getElementById("b" + line.id.slice(1));
  if (!box) continue;
  for (const [one, other] of [[line, box], [box, line]]) {
    one.addEventListener("pointerenter", () => other.classList.add("lit"));
    one.addEventListener("pointerleave", () => other.classList.remove("lit"));
  }
}
for (const area of document.querySelectorAll(".edit textarea")) {
  area.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return; // Enter also ends a syllable of Hangul
    event.preventDefault();
    area.form.requestSubmit();
  });
}
document.addEventListener("keydown", (event) => {
  if (event.target.closest("input, textarea, select") || event.ctrlKey || event.altKey || event.metaKey) return;
  const rel = { ArrowLeft: "prev", ArrowRight: "next" }[event.key];
  if (rel) document.querySelector(`[rel=${rel}]`)?.click();
});
document.documentElement.dataset.ready = "yes";
