"use strict";

// The page draws whatever the table of knobs holds: GET /knobs is its only source.
function knobControl(knob) {
  const label = document.createElement("label");
  const input = document.createElement(knob.kind === "choice" ? "select" : "input");
  input.id = `knob-${knob.name}`;
  if (knob.kind === "choice") {
    input.append(...Object.entries(knob.labels).map(([value, text]) => new Option(text, value)));
  } else {
    input.type = knob.kind === "switch" ? "checkbox" : "number";
    if (knob.kind === "number") Object.assign(input, { min: knob.min, max: knob.max });
  }
  input.addEventListener("change", () => {
    const value = knob.kind === "switch" ? input.checked : knob.kind === "number" ? Number(input.value) : input.value;
    act(ask("/knobs", { [knob.name]: value }), "");
  });
  label.append(...(knob.kind === "switch" ? [input, ` ${knob.title}`] : [knob.title, input]));
  label.className = knob.kind;
  return label;
}

async function drawKnobs() {
  const { sections, knobs } = await ask("/knobs");
  byId("knobs").replaceChildren(...Object.entries(sections).map(([name, title]) => {
    const details = document.createElement("details");
    const summary = document.createElement("summary");
    summary.textContent = title;
    const grid = document.createElement("div");
    grid.className = "grid";
    grid.append(...knobs.filter((knob) => knob.section === name && knob.name !== "stream").map(knobControl));
    details.open = name === "stream";
    details.append(summary, grid);
    return details;
  }));
  const format = knobs.find((knob) => knob.name === "format");
  const named = Object.entries(format.labels).filter(([value]) => !["alternate", "any"].includes(value));
  fill(byId("format"), [["", "по ручке"], ...named]);
  const troubles = await ask("/troubles");
  Object.assign(TYPES, troubles);
  fill(byId("trouble"), Object.entries(troubles));
}

function showKnobs(values) {
  for (const [name, value] of Object.entries(values)) {
    const input = byId(`knob-${name}`);
    if (!input || document.activeElement === input) continue;
    if (input.type === "checkbox") input.checked = value;
    else input.value = value;
  }
}

for (const button of document.querySelectorAll("[data-preset]")) {
  button.addEventListener("click", () => act(ask(`/knobs/presets/${button.dataset.preset}`, {}), button.textContent));
}
byId("make-trouble").addEventListener("click", () => {
  act(ask("/troubles", { kind: byId("trouble").value }), "Плохое тело отправляется");
});
byId("lose").addEventListener("click", () => act(ask("/exchange/lose", { count: 3 }), "Три следующих номера потеряются"));
byId("numbers").addEventListener("submit", (event) => {
  event.preventDefault();
  const order = { from: Number(byId("from").value), to: Number(byId("to").value) };
  act(ask("/exchange/resend", order), "Отправляется снова");
});
drawKnobs().then(refresh, refresh);
