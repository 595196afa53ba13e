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
  lost: "потеряно",
  withheld: "не дошло (пропуск)",
};

async function ask(path, body) {
  const options = body === undefined
    ? {}
    : { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  const answer = await fetch(path, options);
  const told = await answer.json();
  if (!answer.ok) throw new Error(told.message ?? "Не получилось: проверьте введённое");
  return told;
}

function fill(select, pairs) {
  const chosen = select.value;
  const same = select.options.length === pairs.length
    && pairs.every(([value, text], index) => select.options[index].value === value && select.options[index].text === text);
  if (same || document.activeElement === select) return;
  select.replaceChildren(...pairs.map(([value, text]) => new Option(text, value)));
  if (pairs.some(([value]) => value === chosen)) select.value = chosen;
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
