"use strict";

const byId = (id) => document.getElementById(id);
const TYPES = {
  "visit.completed": "визит",
  "visit.cancelled": "отмена",
  "visit.refunded": "возврат",
  "patient.upserted": "пациент",
};
const STATUSES = {
  queued: "в очереди",
  waiting: "ждёт повтора",
  accepted: "принято",
  duplicate: "принято как повтор",
  refused: "отказано",
};
let state = null;

async function ask(path, body) {
  const options = body === undefined
    ? {}
    : { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  const answer = await fetch(path, options);
  const told = await answer.json();
  if (!answer.ok) throw new Error(told.message ?? "Не получилось: проверьте введённое");
  return told;
}

async function refresh() {
  try {
    const [told, pushes] = await Promise.all([ask("/state"), ask("/pushes?limit=50")]);
    state = told;
    byId("summary").textContent =
      `База ${state.infobase} → ${state.hub} · в очереди ${state.pending} · ${state.knobs.stream ? "поток идёт" : "поток на паузе"}`;
    fill(byId("patient"), state.patients.map((patient) => [
      patient.ref, `${patient.is_sample ? "★ " : ""}${patient.name}, ${patient.phone}`,
    ]));
    fill(byId("visit"), state.visits.map((visit) => [
      visit.ref, `${visit.number} · ${visit.patient} · ${visit.total} ₽`,
    ]));
    showVisit();
    showKnobs();
    byId("pushes").replaceChildren(...pushes.map(pushRow));
  } catch (error) {
    byId("summary").textContent = `Песочница не отвечает: ${error.message}`;
  }
}

function fill(select, pairs) {
  const chosen = select.value;
  const same = select.options.length === pairs.length
    && pairs.every(([value, text], index) => select.options[index].value === value && select.options[index].text === text);
  if (same || document.activeElement === select) return;
  select.replaceChildren(...pairs.map(([value, text]) => new Option(text, value)));
  if (pairs.some(([value]) => value === chosen)) select.value = chosen;
}

function showVisit() {
  const visit = state.visits.find((each) => each.ref === byId("visit").value);
  const posted = visit?.posted ? "проведён" : "не проведён";
  byId("visit-state").textContent = visit
    ? [posted, visit.deletion_mark && "помечен на удаление", visit.refunded && "возвращён", `версия ${visit.data_version}`]
        .filter(Boolean).join(" · ")
    : "Визитов пока нет.";
}

function showKnobs() {
  byId("stream").textContent = state.knobs.stream ? "Пауза потока" : "Продолжить поток";
  for (const id of ["numbered", "shuffle"]) byId(id).checked = state.knobs[id];
  for (const [id, knob] of [["bom", "bom"], ["knob-format", "format"], ["delay_ms", "delay_ms"]]) {
    if (document.activeElement !== byId(id)) byId(id).value = state.knobs[knob];
  }
}

function pushRow(push) {
  const row = document.createElement("tr");
  const answer = [push.answer_status, push.answer_code].filter(Boolean).join(" ");
  const cells = [
    new Date(push.at).toLocaleTimeString("ru-RU"), TYPES[push.type], push.number,
    push.format.toUpperCase(), STATUSES[push.status], answer, push.attempts,
  ];
  for (const text of cells) row.insertCell().textContent = text;
  const link = document.createElement("a");
  link.href = `/pushes/${push.id}/body`;
  link.textContent = "тело";
  row.insertCell().append(link);
  return row;
}

async function act(promise, text) {
  try {
    await promise;
    byId("outcome").textContent = text;
  } catch (error) {
    byId("outcome").textContent = error.message;
  }
  refresh();
}

byId("new-visit").addEventListener("submit", (event) => {
  event.preventDefault();
  const amount = byId("amount").value.trim().replace(",", ".");
  act(ask("/visits", {
    patient_ref: byId("patient").value,
    amount: amount || null,
    format: byId("format").value || null,
  }).then((told) => {
    byId("visit").replaceChildren(new Option(told.visit.number, told.visit.ref));
  }), "Визит записан и отправляется");
});

byId("acts").addEventListener("click", (event) => {
  const { act: verb, copies } = event.target.dataset;
  const ref = byId("visit").value;
  if (!verb || !ref) return;
  const order = { format: byId("format").value || null };
  if (verb === "edit") {
    const amount = prompt("Новая сумма, ₽ (пусто — случайная)");
    if (amount === null) return;
    order.amount = amount.trim().replace(",", ".") || null;
  }
  const body = verb === "resend" ? { copies: Number(copies), parallel: Number(copies) > 1 } : order;
  act(ask(`/visits/${ref}/${verb}`, body), `Готово: ${event.target.textContent}`);
});

byId("show-patient").addEventListener("click", async () => {
  const card = byId("patient-card");
  card.hidden = false;
  card.textContent = await ask(`/patients/${byId("patient").value}`).then(
    (told) => JSON.stringify(told, null, 2), (error) => error.message);
});
byId("push-patient").addEventListener("click", () => {
  act(ask(`/patients/${byId("patient").value}/push`, {}), "Карточка отправляется");
});
byId("visit").addEventListener("change", showVisit);
byId("stream").addEventListener("click", () => act(ask("/knobs", { stream: !state.knobs.stream }), ""));
for (const id of ["numbered", "shuffle"]) {
  byId(id).addEventListener("change", (event) => act(ask("/knobs", { [id]: event.target.checked }), ""));
}
for (const [id, knob] of [["bom", "bom"], ["knob-format", "format"], ["delay_ms", "delay_ms"]]) {
  byId(id).addEventListener("change", (event) => {
    const value = knob === "delay_ms" ? Number(event.target.value) : event.target.value;
    act(ask("/knobs", { [knob]: value }), "");
  });
}
setInterval(refresh, 2000);
refresh();
