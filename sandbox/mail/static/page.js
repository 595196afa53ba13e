"use strict";

const byId = (id) => document.getElementById(id);
const MODES = {
  ok: "исправен",
  down: "кладёт трубку",
  busy: "просит зайти позже",
  greylist: "серый список",
  reject: "нет такого адреса",
  spam: "похоже на спам",
  auth: "не узнаёт хаб",
  tls: "нет TLS",
  slow: "медленный",
  "lost-answer": "ответ теряется",
  bounce: "возвращает позже",
};
let shown = "";

async function refresh() {
  try {
    const to = byId("to").value.trim();
    const query = to ? `?to=${encodeURIComponent(to)}` : "";
    const [messages, fault] = await Promise.all([
      fetch(`/messages${query}`).then((answer) => answer.json()),
      fetch("/faults").then((answer) => answer.json()),
    ]);
    byId("empty").hidden = messages.length > 0;
    draw(messages);
    const left = fault.left === null ? "" : `, ещё писем: ${fault.left}`;
    byId("fault").textContent = `Сейчас: ${MODES[fault.mode]}${left}`;
  } catch {
    byId("fault").textContent = "Песочница не отвечает";
  }
}

/* Drawn again only when something is new, so that the focus of a keyboard stays where it is. */
function draw(messages) {
  const known = messages.map((message) => message.id).join();
  if (byId("messages").dataset.known === known) return;
  byId("messages").dataset.known = known;
  byId("messages").replaceChildren(...messages.map(messageItem));
}

function messageItem(message) {
  const item = document.createElement("li");
  const button = document.createElement("button");
  button.type = "button";
  button.setAttribute("aria-current", String(message.id === shown));
  const head = document.createElement("span");
  head.className = "head";
  head.textContent = `${message.to} · ${new Date(message.at).toLocaleString("ru-RU")}`;
  const subject = document.createElement("span");
  subject.textContent = message.subject || "(без темы)";
  button.append(head, subject);
  button.addEventListener("click", () => show(message, button));
  item.append(button);
  return item;
}

function show(message, button) {
  shown = message.id;
  for (const other of byId("messages").querySelectorAll("button")) other.setAttribute("aria-current", "false");
  button.setAttribute("aria-current", "true");
  byId("letter").hidden = false;
  byId("letter-title").textContent = message.subject || "(без темы)";
  byId("letter-head").textContent = `От ${message.from} · ${message.message_id}${message.encrypted ? " · TLS" : ""}`;
  byId("parts").replaceChildren(...message.parts.map((part, number) => partItem(part, number)));
  turn("html");
}

function partItem(part, number) {
  const item = document.createElement("li");
  const link = document.createElement("a");
  link.href = `/messages/${shown}/parts/${number}`;
  link.download = part.name || `part-${number}`;
  link.textContent = `${part.name || "без имени"}, ${part.media_type}, ${part.size} Б`;
  item.append(link, part.content_id ? " — в письме" : " — вложение");
  return item;
}

async function turn(view) {
  byId("html").hidden = view !== "html";
  byId("text").hidden = view === "html";
  if (view === "html") {
    byId("html").src = `/messages/${shown}/html`;
  } else {
    const address = view === "text" ? `/messages/${shown}` : `/messages/${shown}/source`;
    const answer = await fetch(address);
    byId("text").textContent = view === "text" ? (await answer.json()).text : await answer.text();
  }
}

byId("views").addEventListener("click", (event) => {
  if (event.target.dataset.view && shown) turn(event.target.dataset.view);
});
byId("faults").addEventListener("click", async (event) => {
  const mode = event.target.dataset.mode;
  if (!mode) return;
  const order = { mode, count: Number(byId("count").value) || null, pattern: byId("pattern").value.trim() };
  await fetch("/faults", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(order),
  });
  refresh();
});
byId("forget").addEventListener("click", async () => {
  await fetch("/messages", { method: "DELETE" });
  shown = "";
  byId("letter").hidden = true;
  refresh();
});
byId("to").addEventListener("input", refresh);
setInterval(refresh, 2000);
refresh();
