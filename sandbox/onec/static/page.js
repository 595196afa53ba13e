"use strict";

const SVG = "http://www.w3.org/2000/svg";
let state = null;

async function refresh() {
  try {
    const [told, pushes, day] = await Promise.all([ask("/state"), ask("/pushes?limit=30"), ask("/day")]);
    state = told;
    byId("summary").textContent =
      `База ${state.infobase} → ${state.hub} · в очереди ${state.pending} · документов у хаба ${state.documents}`;
    fill(byId("patient"), state.patients.map((patient) => [
      patient.ref, `${patient.is_sample ? "★ " : ""}${patient.name}, ${patient.phone}`,
    ]));
    fill(byId("visit"), state.visits.map((visit) => [
      visit.ref, `${visit.number} · ${visit.patient} · ${visit.total} ₽`,
    ]));
    showVisit();
    showClock();
    drawDay(day);
    showKnobs(state.knobs);
    byId("pushes").replaceChildren(...pushes.map(pushRow));
  } catch (error) {
    byId("summary").textContent = `Песочница не отвечает: ${error.message}`;
  }
}

function showVisit() {
  const visit = state.visits.find((each) => each.ref === byId("visit").value);
  const posted = visit?.posted ? "проведён" : "не проведён";
  const returned = visit?.lines.filter((line) => line.returned).length;
  byId("visit-state").textContent = visit
    ? [posted, visit.deletion_mark && "помечен на удаление",
       returned && (visit.refunded ? "возвращён" : `возвращено строк: ${returned} из ${visit.lines.length}`),
       `версия ${visit.data_version}`].filter(Boolean).join(" · ")
    : "Визитов пока нет.";
}

function showClock() {
  const { stream, speed } = state.knobs;
  byId("stream").textContent = stream ? "Пауза потока" : "Продолжить поток";
  const mode = state.over ? "поток закончен" : stream ? `поток идёт ×${speed}` : "поток на паузе";
  const now = new Date(state.now).toLocaleString("ru-RU", {
    timeZone: "Europe/Moscow", weekday: "short", day: "numeric", month: "long", hour: "2-digit", minute: "2-digit",
  });
  byId("clock").textContent = state.opened ? `${now} по часам клиники · ${mode}` : "ждём хаб…";
}

function drawDay(day) {
  const hours = day.hours.filter(({ hour }) => hour >= 6 && hour <= 22);
  const top = Math.max(1, ...hours.flatMap(({ expected, came, told }) => [expected, came, told]));
  const wide = 480 / hours.length;
  const high = (value) => (value / top) * 118;
  const parts = hours.flatMap(({ hour, expected, came, told }, index) => {
    const left = index * wide;
    return [
      shape("rect", { class: "expected", x: left + 2, y: 124 - high(expected), width: wide - 4, height: high(expected) }),
      shape("rect", { class: "told", x: left + wide * 0.5, y: 124 - high(told), width: wide * 0.34, height: high(told) }),
      shape("rect", { class: "came", x: left + wide * 0.16, y: 124 - high(came), width: wide * 0.34, height: high(came) }),
      ...(hour % 2 ? [] : [shape("text", { x: left + wide / 2, y: 142 }, String(hour))]),
    ];
  });
  byId("day").replaceChildren(...parts, shape("line", { x1: 0, x2: 480, y1: 124.5, y2: 124.5 }));
  const sum = (name) => hours.reduce((total, each) => total + each[name], 0);
  const date = new Date(`${day.date}T12:00:00Z`).toLocaleDateString("ru-RU", { day: "numeric", month: "long" });
  const legend = [
    ["expected", `ждём ${day.visits}`], ["came", `пришли ${sum("came")}`], ["told", `рассказано хабу ${sum("told")}`],
  ].map(([name, text]) => {
    const mark = document.createElement("i");
    mark.className = name;
    const word = document.createElement("span");
    word.append(mark, ` ${text}`);
    return word;
  });
  byId("day-words").replaceChildren(`${date}: `, ...legend);
}

function shape(name, attributes, text = "") {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.textContent = text;
  return element;
}

function pushRow(push) {
  const row = document.createElement("tr");
  row.className = push.status;
  const answer = [push.answer_status, push.answer_code].filter(Boolean).join(" ");
  const type = TYPES[push.type] ?? push.type;
  const cells = [
    new Date(push.at).toLocaleTimeString("ru-RU"), push.events > 1 ? `${type} и ещё ${push.events - 1}` : type,
    STATUSES[push.status], push.number, push.format.toUpperCase(), answer, push.message_nos.join(", "), push.attempts,
  ];
  for (const text of cells) row.insertCell().textContent = text;
  const link = document.createElement("a");
  link.href = `/pushes/${push.id}/body`;
  link.textContent = "тело";
  row.insertCell().append(link);
  return row;
}

function openVisit(extra) {
  const amount = byId("amount").value.trim().replace(",", ".");
  act(ask("/visits", {
    patient_ref: byId("patient").value,
    amount: amount || null,
    format: byId("format").value || null,
    ...extra,
  }).then((told) => {
    byId("visit").replaceChildren(new Option(told.visit.number, told.visit.ref));
  }), "Визит записан и отправляется");
}

byId("new-visit").addEventListener("submit", (event) => {
  event.preventDefault();
  openVisit({});
});
byId("new-visit").addEventListener("click", (event) => {
  const { visit } = event.target.dataset;
  if (visit) openVisit({ [visit]: true });
});

byId("acts").addEventListener("click", (event) => {
  const { act: verb, copies, silent, line } = event.target.dataset;
  const ref = byId("visit").value;
  if (!verb || !ref) return;
  const order = { format: byId("format").value || null };
  if (silent) order.silent = true;
  if (verb === "edit" || line) {
    const said = prompt(line ? "Номер строки" : "Новая сумма, ₽ (пусто — случайная)");
    if (said === null) return;
    if (line) order.line_no = Number(said);
    else order.amount = said.trim().replace(",", ".") || null;
  }
  const body = verb === "resend" ? { copies: Number(copies), parallel: Number(copies) > 1 } : order;
  act(ask(`/visits/${ref}/${verb}`, body), `Готово: ${event.target.textContent}`);
});

byId("card-acts").addEventListener("click", async (event) => {
  const { card: verb } = event.target.dataset;
  const ref = byId("patient").value;
  if (verb === "show") {
    const card = byId("patient-card");
    card.hidden = false;
    card.textContent = await ask(`/patients/${ref}`).then(
      (told) => JSON.stringify(told, null, 2), (error) => error.message);
  } else if (verb === "merge") {
    const into = prompt("Ссылка карточки, которая останется");
    if (into) act(ask(`/patients/${ref}/merge`, { into_ref: into.trim() }), "Карточки объединены");
  } else if (verb === "push" || verb === "edit") {
    act(ask(`/patients/${ref}/${verb}`, {}), "Карточка отправляется");
  } else if (verb) {
    act(ask("/patients", { visit: verb }), "Новичок записан");
  }
});
byId("month-end").addEventListener("click", () => act(ask("/month-end", {}), "Все документы месяца проводятся снова"));
byId("visit").addEventListener("change", showVisit);
byId("stream").addEventListener("click", () => act(ask("/knobs", { stream: !state.knobs.stream }), ""));
setInterval(refresh, 2000);
