"use strict";

const users = document.getElementById("users");
const fault = document.getElementById("fault");

async function call(path, body) {
  const answer = await fetch(path, {
    method: body === undefined ? "GET" : "POST",
    headers: body === undefined ? {} : { "Content-Type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  show(await answer.json());
}

function show(state) {
  fault.textContent = state.fault === "ok" ? "Исправен" : `Неисправность: ${state.fault}`;
  users.replaceChildren(...state.users.map(row));
}

function row(user) {
  const item = document.createElement("li");
  const name = document.createElement("span");
  name.textContent = `${user.id}. ${user.name}, ${user.position}${user.active ? "" : " (уволен)"} `;
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = user.active ? "Уволить" : "Вернуть";
  button.addEventListener("click", () => call(`/_sim/users/${user.id}/${user.active ? "dismiss" : "restore"}`, {}));
  item.append(name, button);
  return item;
}

document.getElementById("faults").addEventListener("click", (event) => {
  const mode = event.target.dataset.mode;
  if (mode) call("/_sim/faults", { mode });
});

call("/_sim/state");
