// Lists the operations of openapi.json. Everything is written as text, never as markup.
"use strict";

const METHODS = ["get", "post", "put", "patch", "delete"];

function element(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}

function resolve(document_, schema) {
  const reference = schema && schema.$ref;
  if (!reference) return schema || {};
  return reference.replace("#/", "").split("/").reduce((part, key) => part[key], document_);
}

function typeName(schema) {
  if (!schema) return "";
  if (schema.$ref) return schema.$ref.split("/").pop();
  if (schema.anyOf) return schema.anyOf.map(typeName).join(" | ");
  if (schema.enum) return schema.enum.join(" | ");
  if (schema.type === "array") return `${typeName(schema.items)}[]`;
  return schema.format ? `${schema.type} (${schema.format})` : schema.type || "";
}

function fieldTable(rows) {
  const table = element("table");
  for (const [name, type, note] of rows) {
    const row = element("tr");
    const cell = element("td");
    cell.append(element("code", name));
    row.append(cell, element("td", type), element("td", note));
    table.append(row);
  }
  return table;
}

function schemaRows(document_, schema) {
  const whole = resolve(document_, schema);
  const required = new Set(whole.required || []);
  return Object.entries(whole.properties || {}).map(([name, field]) => [
    name,
    typeName(field),
    [required.has(name) ? "обязательно" : "", field.description || ""].filter(Boolean).join("; "),
  ]);
}

function contentSchema(holder) {
  const content = (holder && holder.content) || {};
  return Object.values(content).map((media) => media.schema)[0];
}

function section(parent, title, rows) {
  if (rows.length === 0) return;
  parent.append(element("h4", title), fieldTable(rows));
}

function operationView(document_, method, path, operation) {
  const view = element("details");
  const access = operation["x-access"] || {};
  const line = element("summary");
  line.append(
    element("span", method.toUpperCase(), `method ${method}`),
    element("code", path),
    element("span", [access.entrance, ...(access.permissions || [])].filter(Boolean).join(" · "), "access"),
  );
  view.append(line, element("p", operation.description || operation.summary || ""));
  section(
    view,
    "Параметры",
    (operation.parameters || []).map((parameter) => [
      parameter.name,
      typeName(parameter.schema),
      [parameter.in, parameter.required ? "обязательно" : "", parameter.description || ""].filter(Boolean).join("; "),
    ]),
  );
  const body = contentSchema(operation.requestBody);
  if (body) section(view, `Тело: ${typeName(body)}`, schemaRows(document_, body));
  for (const [status, answer] of Object.entries(operation.responses || {})) {
    const schema = contentSchema(answer);
    const title = [`Ответ ${status}`, schema ? typeName(schema) : answer.description].filter(Boolean).join(": ");
    const rows = schema && !/^[45]/.test(status) ? schemaRows(document_, schema) : [];
    view.append(element("h4", title));
    if (rows.length > 0) view.append(fieldTable(rows));
  }
  return view;
}

async function show() {
  const main = document.getElementById("operations");
  const answer = await fetch("/api/openapi.json");
  const document_ = await answer.json();
  const groups = new Map();
  for (const [path, item] of Object.entries(document_.paths)) {
    for (const method of METHODS.filter((known) => item[known])) {
      const tag = (item[method].tags || ["прочее"])[0];
      if (!groups.has(tag)) groups.set(tag, []);
      groups.get(tag).push(operationView(document_, method, path, item[method]));
    }
  }
  main.replaceChildren(
    ...[...groups].flatMap(([tag, views]) => [element("h2", tag), ...views]),
  );
}

show().catch(() => {
  document.getElementById("operations").textContent = "Не удалось прочитать openapi.json.";
});
