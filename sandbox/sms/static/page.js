"use strict";

const byId = (id) => document.getElementById(id);
const MODES = {
  ok: "исправен",
  down: "недоступен",
  slow: "медленный",
  limit: "лимит",
  "lost-answer": "ответ теряется",
  denied: "не узнаёт хаб",
  "no-money": "нет денег на счёте",
  undeliverable: "берёт, но не доставляет",
};

async function refresh() {
  try {
    const phone = byId("phone").value.trim();
    const query = phone ? `?phone=${encodeURIComponent(phone)}` : "";
    const [messages, fault] = await Promise.all([
      fetch(`/messages${query}`).then((answer) => answer.json()),
      fetch("/faults").then((answer) => answer.json()),
    ]);
    byId("empty").hidden = messages.length > 0;
    byId("messages").replaceChildren(...messages.map(messageItem));
    const left = fault.left === null ? "" : `, ещё отправок: ${fault.left}`;
    byId("fault").textContent = `Сейчас: ${MODES[fault.mode]}${left}`;
  } catch {
    byId("fault").textContent = "Песочница не отвечает";
  }
}

function messageItem(message) {
  const item = document.createElement("li");
  const head = document.createElement("span");
  head.className = "head";
  head.textContent = `${message.phone} · ${new Date(message.at).toLocaleString("ru-RU")}`;
  const text = document.createElement("span");
  text.textContent = message.text;
  item.append(head, text);
  return item;
}

byId("faults").addEventListener("click", async (event) => {
  const mode = event.target.dataset.mode;
  if (!mode) return;
  const count = Number(byId("count").value) || null;
  await fetch("/faults", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ mode, count }),
  });
  refresh();
});
byId("phone").addEventListener("input", refresh);
setInterval(refresh, 2000);
refresh();
