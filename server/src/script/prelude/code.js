// The Code node: runs the user's function and reads what it returns.
const INPUT_OF = new WeakMap();

function showLine(values) {
  return values.map((value) => {
    if (typeof value === "string") return value;
    if (value instanceof Error) return `${value.name}: ${value.message}`;
    if (typeof value === "function") return `[function ${value.name}]`;
    try { return JSON.stringify(value) ?? String(value); } catch { return String(value); }
  }).join(" ");
}

const timers = new Map();
let lastTimer = 0;

function publishForCode() {
  const log = globalThis.__log;
  delete globalThis.__log;
  const write = (...values) => { log(showLine(values)); };
  const add = (name, value) => Object.defineProperty(globalThis, name, { value, writable: true, configurable: true });
  add("console", { log: write, info: write, warn: write, error: write, debug: write, table: write, trace: write });
  add("btoa", (text) => host.base64Encode(String(text)));
  add("atob", (text) => host.base64Decode(String(text)));
  add("require", (name) => { throw new TypeError(`require("${name}") is not available: the Code node has no modules. Use the built-in functions, or another node`); });
  add("setTimeout", (run, delay = 0, ...args) => {
    lastTimer += 1;
    timers.set(lastTimer, { at: Date.now() + Math.max(0, Number(delay) || 0), run: () => run(...args) });
    return lastTimer;
  });
  add("clearTimeout", (id) => { timers.delete(id); });
}

// Runs the timers that are due: how many milliseconds until the next one, or nothing when there is none.
function tick() {
  const now = Date.now();
  for (const [id, timer] of [...timers].sort((a, b) => a[1].at - b[1].at)) {
    if (timer.at > now) return timer.at - now;
    timers.delete(id);
    timer.run();
    return 0;
  }
  return undefined;
}

class CodeError extends Error {
  constructor(message) { super(message); this.name = "CodeError"; }
}

function pairs(said, index) {
  const one = (value) => {
    const number = plainObject(value) ? value.item : value;
    if (!Number.isInteger(number) || number < 0) throw new CodeError(`Item ${index} has a pairedItem that is not an input item's index. Give a number, {item: number}, or a list of these.`);
    return number;
  };
  return (Array.isArray(said) ? said : [said]).map(one);
}

function readItem(entry, index) {
  if (entry instanceof DateTime || entry instanceof Date || entry === null || typeof entry !== "object" || Array.isArray(entry)) {
    const what = entry === null ? "null" : Array.isArray(entry) ? "a list" : typeof entry === "object" ? "a date" : `a ${typeof entry}`;
    throw new CodeError(`Item ${index} that the code returned is ${what}. Return objects, for example { json: { total: 5 } }.`);
  }
  if (!Object.hasOwn(entry, "json")) {
    if (Object.hasOwn(entry, "binary") && plainObject(entry.binary)) return readItem({ ...entry, json: {} }, index);
    return { json: entry, paired: INPUT_OF.has(entry) ? [INPUT_OF.get(entry)] : undefined };
  }
  if (!plainObject(entry.json)) throw new CodeError(`Item ${index} that the code returned has a “json” that is not an object. Put the fields into an object: { json: { … } }.`);
  const out = { json: entry.json };
  if (entry.binary !== undefined && entry.binary !== null) {
    if (!plainObject(entry.binary)) throw new CodeError(`Item ${index} that the code returned has a “binary” that is not an object. Pass on files that came in: { json: …, binary: item.binary }.`);
    out.binary = objectOf(Object.keys(entry.binary).map((name) => [name, entry.binary[name]?.id]));
    for (const name of Object.keys(out.binary)) {
      if (typeof out.binary[name] !== "string") throw new CodeError(`Item ${index} that the code returned has a file “${name}” without an id. Code can pass on files that came in, not make new ones.`);
    }
  }
  if (entry.pairedItem !== undefined && entry.pairedItem !== null) out.paired = pairs(entry.pairedItem, index);
  else if (INPUT_OF.has(entry)) out.paired = [INPUT_OF.get(entry)];
  else if (INPUT_OF.has(entry.json)) out.paired = [INPUT_OF.get(entry.json)];
  return out;
}

function readAll(result) {
  if (result === undefined || result === null) throw new CodeError("The code returned nothing. Return an array of items, for example: return [{ json: { total: 5 } }];");
  const list = Array.isArray(result) ? result : [result];
  return Array.from(list, readItem);
}

function describeError(error) {
  if (error instanceof Error) return { name: error.name, message: error.message, stack: String(error.stack ?? "") };
  return { name: "Error", message: typeof error === "string" ? error : showLine([error]), stack: "" };
}

// Gives the text of `{items, failed}`.
async function runCode(user, inputText, each, keepGoing, now, zone) {
  state.now = now;
  state.zone = zone;
  const items = JSON.parse(inputText).map(withBinary);
  items.forEach((item, index) => { INPUT_OF.set(item, index); INPUT_OF.set(item.json, index); });
  mode.items = () => items;
  mode.current = (index) => items[index];
  if (!each) {
    const made = readAll(await user(items, items[0]));
    if (made.every((item) => item.paired === undefined)) {
      if (items.length === 1) made.forEach((item) => { item.paired = [0]; });
      else if (made.length === items.length) made.forEach((item, index) => { item.paired = [index]; });
    }
    for (const item of made) {
      const odd = item.paired?.find((index) => index >= items.length);
      if (odd !== undefined) throw new CodeError(`A pairedItem says ${odd}, but only ${items.length} items came in. Correct the index.`);
    }
    return JSON.stringify({ items: made, failed: [] });
  }
  const [out, failed] = [[], []];
  for (let index = 0; index < items.length; index += 1) {
    begin(index, now, zone, false);
    try {
      const result = await user(items, items[index]);
      if (result === undefined || result === null) throw new CodeError("The code returned nothing for this item. Return an object, or [] to drop the item.");
      for (const item of readAll(result)) out.push({ ...item, paired: [index] });
    } catch (error) {
      if (!keepGoing) { if (error instanceof Error) error.item = index; throw error; }
      failed.push({ item: index, ...describeError(error) });
    }
  }
  return JSON.stringify({ items: out, failed });
}
