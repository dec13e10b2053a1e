"use strict";
// Copies and saves the text that is typed into the page; nothing is sent anywhere. It writes text by textContent only.

const say = (button, words) => {
  button.closest(".correct").querySelector(".said").textContent = words;
};

async function copy(area) {
  try {
    await navigator.clipboard.writeText(area.value);
    return true;
  } catch {
    area.select();
    return document.execCommand("copy");
  }
}

function save(area, name) {
  const address = URL.createObjectURL(new Blob([area.value.replace(/\n*$/, "\n")], { type: "text/plain;charset=utf-8" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60000);
}

for (const box of document.querySelectorAll(".correct")) {
  const area = box.querySelector("textarea");
  const name = box.dataset.file;
  const [saver, copier, restorer] = box.querySelectorAll("button");
  box.querySelector(".buttons").hidden = false;
  saver.addEventListener("click", () => {
    save(area, name);
    say(saver, `Saved as ${name}: move it to ${box.dataset.place}`);
  });
  copier.addEventListener("click", async () => {
    const done = await copy(area);
    say(copier, done ? `Copied: paste it into ${box.dataset.place}` : "Press Ctrl+C to copy the marked text");
  });
  restorer.addEventListener("click", () => {
    area.value = area.defaultValue;
    say(restorer, "As it was read");
  });
}

const only = document.getElementById("review-search");
only.closest("label").hidden = false;
only.addEventListener("input", () => {
  const words = only.value.normalize("NFC").toLowerCase().split(/\s+/).filter(Boolean);
  for (const card of document.querySelectorAll(".card")) {
    const name = card.dataset.name.normalize("NFC").toLowerCase();
    card.hidden = !words.every((word) => name.includes(word));
  }
});
