// A second flow, drawn with the mouse: a schedule asks a web service, an If sorts, Edit fields and Code shape.
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import { expectAccessible } from "../support/axe.ts";
import { canvasReady, card, connect, dropNode, edgeLabel, flowId, inspect, leaveInspector, look, openFlow, saved } from "../support/editor.ts";
import { expect, hydrated, open, refused, signIn, test, troubles } from "../support/fluxo.ts";

test.use({ env: { FLUXO_HTTP_ALLOW: "127.0.0.1/32" } });
test.describe.configure({ mode: "serial" });

const ORDERS = [
  { id: 1, customer: "Padaria Sol", total: 80 },
  { id: 2, customer: "Mercado Boa Vista", total: 1200 },
  { id: 3, customer: "Livraria do Porto", total: 950 },
];

/** Calls that wait for their answer, so that the test sees the node at work. */
const waiting: ServerResponse[] = [];
let service: Server;
let address = "";
let flow = "";

test.beforeAll(async () => {
  service = createServer((_, answer) => waiting.push(answer));
  await new Promise<void>((ready) => service.listen(0, "127.0.0.1", ready));
  address = `http://127.0.0.1:${(service.address() as AddressInfo).port}/orders`;
});

test.afterAll(() => {
  service.closeAllConnections();
  service.close();
});

function answer(body: unknown): void {
  for (const call of waiting.splice(0)) call.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
}

test("five nodes are dragged and connected", async ({ page }) => {
  await signIn(page);
  const found = troubles(page);
  await open(page, "/flows");
  await page.getByRole("button", { name: "New flow" }).click();
  await expect(page).toHaveURL(/\/flows\/[^/]+$/);
  await canvasReady(page);
  flow = flowId(page);
  const schedule = await dropNode(page, "schedule", { x: 440, y: 280 }, "Schedule");
  const http = await dropNode(page, "http_request", { x: 760, y: 280 }, "HTTP request");
  const decide = await dropNode(page, "if", { x: 1080, y: 280 }, "If");
  await connect(page, schedule, http);
  await connect(page, http, decide);
  // Room at the right: the wheel pans.
  await page.mouse.move(800, 600);
  await page.mouse.wheel(640, 0);
  await expect(schedule).not.toBeInViewport();
  const edit = await dropNode(page, "edit_fields", { x: 760, y: 280 }, "Edit fields");
  const code = await dropNode(page, "code", { x: 1080, y: 280 }, "Code");
  await connect(page, decide, edit, "true");
  await connect(page, edit, code);
  await saved(page);
  await look(page, "second-drawn");
  expect(found).toEqual([]);
});

test("the forms are filled in", async ({ page }) => {
  await signIn(page);
  const found = troubles(page);
  await openFlow(page, flow);

  let form = await inspect(page, card(page, "Schedule"));
  await form.getByRole("radio", { name: /cron/i }).click();
  await form.getByRole("textbox", { name: "Cron expression" }).fill("30 6 * * MON-FRI");
  const ticks = form.locator(".ticks-box li");
  await expect(ticks).toHaveCount(5);
  for (const tick of await ticks.all()) await expect(tick).toContainText("06:30");
  await look(page, "second-schedule");
  await form.getByRole("textbox", { name: "Cron expression" }).fill("61 6 * * *");
  await expect(form.locator(".ticks-box .problem"), "a wrong expression says so").toBeVisible();
  refused(found, 422);
  await form.getByRole("textbox", { name: "Cron expression" }).fill("30 6 * * MON-FRI");
  await expect(ticks).toHaveCount(5);
  await leaveInspector(page);

  form = await inspect(page, card(page, "HTTP request"));
  await form.getByRole("textbox", { name: "URL" }).fill(address);
  await saved(page);
  await expect(form.locator(".problem")).toHaveCount(0);
  await look(page, "second-http");
  await leaveInspector(page);

  form = await inspect(page, card(page, "If"));
  // Typed key by key: the field becomes an expression under the hands.
  await form.getByRole("textbox", { name: "First value" }).click();
  await page.keyboard.type("{{ $json.total }}");
  await page.keyboard.press("Escape");
  await expect(form.getByRole("combobox", { name: "First value" })).toHaveValue("{{ $json.total }}");
  await form.getByRole("combobox", { name: "Type" }).selectOption({ label: "Number" });
  await form.getByRole("combobox", { name: "Comparison" }).selectOption({ label: "is greater than" });
  await form.getByRole("textbox", { name: "Second value" }).fill("500");
  await look(page, "second-if");
  await expectAccessible(page, "inspector of If");
  await leaveInspector(page);

  form = await inspect(page, card(page, "Edit fields"));
  await form.getByRole("button", { name: "Add field" }).click();
  await form.getByRole("textbox", { name: "Name" }).fill("label");
  await form.getByRole("radio", { name: "Expression" }).first().click();
  await form.locator(".asg textarea").fill("{{ $json.customer.toUpperCase() }}");
  await look(page, "second-edit");
  await leaveInspector(page);

  form = await inspect(page, card(page, "Code"));
  const source = form.locator(".cm-content");
  await source.click();
  await page.keyboard.press("Control+a");
  await page.keyboard.press("Delete");
  await page.keyboard.insertText("console.log('shaping', $input.all().length);\nreturn $input.all().map(i => ({ label: i.json.label, tax: i.json.total * 0.1 }));");
  await expect(source).toContainText("tax");
  await look(page, "second-code");
  await expectAccessible(page, "inspector of Code");
  await leaveInspector(page);
  await saved(page);
  expect(found).toEqual([]);
});

test("it runs by hand, with live states and counts", async ({ page }) => {
  await signIn(page);
  const found = troubles(page);
  await openFlow(page, flow);
  const [schedule, http, decide] = [card(page, "Schedule"), card(page, "HTTP request"), card(page, "If")];
  const [edit, code] = [card(page, "Edit fields"), card(page, "Code")];
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await expect(http, "the service has not answered yet").toHaveAttribute("data-s", "run");
  await expect(schedule).toHaveAttribute("data-s", "ok");
  await expect(code).toHaveAttribute("data-s", "");
  await expect(page.locator(".strip")).toContainText("1 running");
  await look(page, "second-running");
  answer(ORDERS);
  for (const node of [http, decide, edit, code]) await expect(node).toHaveAttribute("data-s", "ok");
  await expect(await edgeLabel(page, schedule, http)).toHaveText("1");
  await expect(await edgeLabel(page, http, decide)).toHaveText("3");
  await expect(await edgeLabel(page, decide, edit)).toHaveText(/true\s*2/);
  await expect(await edgeLabel(page, edit, code)).toHaveText("2");
  await expect(page.locator(".strip")).toContainText("5 done");
  await page.getByRole("button", { name: "Log" }).click();
  await expect(page.getByRole("log")).toContainText("shaping 2");
  await look(page, "second-done");
  await page.getByRole("button", { name: "Log" }).click();

  const form = await inspect(page, code);
  const output = form.getByRole("region", { name: "Output" });
  await expect(output).toContainText("2 items");
  const table = output.locator("table.data");
  await expect(table.locator("thead")).toContainText("label");
  await expect(table.locator("tbody tr")).toHaveCount(2);
  await expect(table.locator("tbody tr").nth(0)).toContainText("MERCADO BOA VISTA");
  await expect(table.locator("tbody tr").nth(0)).toContainText("120");
  await look(page, "second-output");
  await output.getByRole("radio", { name: "JSON" }).click();
  await expect(output.locator(".json")).toContainText('"label": "LIVRARIA DO PORTO"');
  await expect(output.locator(".json")).toContainText('"tax": 95');
  await look(page, "second-output-json");
  await leaveInspector(page);

  const sorted = await inspect(page, decide);
  const ports = sorted.getByRole("region", { name: "Output" });
  await ports.getByRole("radio", { name: "false 1" }).click();
  await expect(ports.locator("table.data tbody tr")).toHaveCount(1);
  await expect(ports.locator("table.data")).toContainText("Padaria Sol");
  await look(page, "second-ports");
  await leaveInspector(page);
  expect(found).toEqual([]);
});

test("a failed run says on the node what happened", async ({ page }) => {
  await signIn(page);
  await openFlow(page, flow);
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await expect(card(page, "HTTP request")).toHaveAttribute("data-s", "run");
  for (const call of waiting.splice(0)) call.writeHead(404, { "content-type": "text/plain" }).end("no such list");
  await expect(card(page, "HTTP request")).toHaveAttribute("data-s", "err");
  await expect(card(page, "HTTP request").locator("> p")).toContainText("404");
  await expect(page.locator(".strip")).toContainText("1 failed");
  await look(page, "second-failed");
  await page.getByRole("link", { name: "Open run" }).click();
  await hydrated(page);
  await expect(page.locator(".run-trouble")).toContainText("HTTP request failed.");
  await look(page, "second-failed-run");
});
