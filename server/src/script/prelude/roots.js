// What expressions and code can name: `$json`, `$input`, `$('Node')` and the like. Data is asked for when it is touched.
class FlowError extends Error {
  constructor(message) { super(message); this.name = "FlowError"; }
}

const state = {
  item: 0, now: 0, zone: "UTC",
  clock: Date.now,
  // Emptied before every expression: what one expression changes, the next does not see.
  cache: new Map(),
  // Emptied for every step.
  lists: new Map(),
};

function ask(kind, name, port, step, from, count) {
  const answer = host.ask(kind, name, port === undefined || port === null ? undefined : JSON.stringify(port), step ?? undefined, from, count);
  if (answer === undefined) return undefined;
  if (answer.startsWith("!")) throw new FlowError(answer.slice(1));
  return JSON.parse(answer.slice(1));
}

function cached(key, make) {
  if (!state.cache.has(key)) state.cache.set(key, make());
  return state.cache.get(key);
}

// An item of a long list, read when it is touched.
class LazyItem {
  #read; #raw;
  constructor(read) { this.#read = read; }
  get #item() { return (this.#raw ??= this.#read()); }
  get json() { return this.#item.json; }
  get binary() { return this.#item.binary ?? {}; }
  toJSON() { return this.#item; }
}

function whole(kind, name, port, step) {
  const key = `${kind} ${name} ${JSON.stringify(port)} ${step}`;
  if (!state.lists.has(key)) {
    const count = ask(`${kind}_count`, name, port, step) ?? 0;
    const items = new Array(count);
    if (mode.lazy) {
      for (let i = 0; i < count; i += 1) items[i] = new LazyItem(() => ask(kind, name, port, step, i, 1)[0]);
    } else {
      for (let from = 0; from < count; from += 1024) {
        ask(kind, name, port, step, from, 1024).forEach((item, i) => { items[from + i] = withBinary(item); });
      }
    }
    state.lists.set(key, items);
  }
  return [...state.lists.get(key)];
}

const withBinary = (item) => { item.binary ??= {}; return item; };
const single = (kind, name, port, step, index) => {
  if (index < 0 || !Number.isInteger(index)) return undefined;
  const item = ask(kind, name, port, step, index, 1)?.[0];
  return item === undefined ? undefined : withBinary(item);
};
function last(kind, name, port, step) {
  return single(kind, name, port, step, (ask(`${kind}_count`, name, port, step) ?? 0) - 1);
}

const current = () => cached("current", () => (mode.current ? mode.current(state.item) : single("input", undefined, undefined, undefined, state.item)));

const $input = {
  get item() { return current(); },
  first() { return mode.items ? mode.items()[0] : cached("first", () => single("input", undefined, undefined, undefined, 0)); },
  last() { return mode.items ? mode.items().at(-1) : cached("last", () => last("input")); },
  all() { return mode.items ? mode.items() : whole("input"); },
  get params() { return ask("parameters", ask("global", "nodeName")); },
  get context() { return {}; },
};

class NodeView {
  #name;
  constructor(name) { this.#name = name; }
  get item() { return this.itemMatching(state.item); }
  get pairedItem() { return (index = state.item) => this.itemMatching(index); }
  itemMatching(index) {
    if (index === undefined) throw new TypeError("itemMatching() needs the index of an item");
    return cached(`paired ${this.#name} ${index}`, () => withBinary(ask("paired", this.#name, undefined, undefined, Number(index))));
  }
  first(port, step) { return cached(`first ${this.#name} ${port} ${step}`, () => single("node", this.#name, port, step, 0)); }
  last(port, step) { return cached(`last ${this.#name} ${port} ${step}`, () => last("node", this.#name, port, step)); }
  all(port, step) { return whole("node", this.#name, port, step); }
  get isExecuted() { return ask("executed", this.#name); }
  get params() { return ask("parameters", this.#name); }
  get context() { return {}; }
  // `$node["Name"].json`: the item with the same index.
  get json() { return single("node", this.#name, undefined, undefined, state.item)?.json; }
  get binary() { return single("node", this.#name, undefined, undefined, state.item)?.binary; }
}

function $(name) { return Object.freeze(new NodeView(String(name))); }

const $node = new Proxy(Object.freeze({}), {
  get: (_, name) => (typeof name === "string" ? $(name) : undefined),
});

function $items(name, port, step) { return name === undefined ? $input.all() : $(name).all(port, step); }
const unlazy = (value) => (value instanceof LazyItem ? value.toJSON() : value);
function $jmespath(data, expression) { return jmespath(Array.isArray(data) ? data.map(unlazy) : unlazy(data), expression); }
function $if(condition, yes, no = false) { return condition ? yes : no; }
function $ifEmpty(value, otherwise) { return isEmptyValue(value) ? otherwise : value; }
function $min(...all) { return Math.min(...all.flat()); }
function $max(...all) { return Math.max(...all.flat()); }
function $average(...all) { const list = all.flat(); return list.length === 0 ? 0 : list.reduce((a, b) => a + Number(b), 0) / list.length; }
function $not(value) { return !value; }
function numberList(from, to) {
  const [start, end] = [Number(from), Number(to)];
  const step = start <= end ? 1 : -1;
  const out = [];
  for (let n = start; step > 0 ? n <= end : n >= end; n += step) out.push(n);
  return out;
}
function zip(keys, values) { return objectOf(keys.map((key, i) => [key, values[i]])); }

const GETTERS = {
  $json: () => current()?.json,
  $binary: () => current()?.binary ?? {},
  $itemIndex: () => state.item,
  $position: () => state.item,
  $thisItem: () => current(),
  $now: () => cached("now", () => new DateTime(state.now)),
  $today: () => cached("today", () => new DateTime(state.now).startOf("day")),
  $parameter: () => $input.params,
};
for (const name of ["runIndex", "vars", "env", "flow", "workflow", "run", "execution", "prevNode", "mode", "nodeId", "nodeName", "nodeVersion"]) {
  GETTERS[`$${name}`] = () => cached(`global ${name}`, () => ask("global", name));
}

const VALUES = {
  $input: Object.freeze($input), $, $node, $items, $jmespath, $if, $ifEmpty, $min, $max, $average, $not,
  DateTime, Duration, Interval, numberList, zip, min: $min, max: $max, average: $average, not: $not,
};

function publish() {
  for (const [name, get] of Object.entries(GETTERS)) {
    Object.defineProperty(globalThis, name, { get, enumerable: false, configurable: false });
  }
  for (const [name, value] of Object.entries(VALUES)) {
    // Code may use `min` and the like as names of its own.
    Object.defineProperty(globalThis, name, { value, enumerable: false, configurable: false, writable: !name.startsWith("$") });
  }
}

function begin(item, now, zone, fresh) {
  state.item = item;
  state.now = now;
  state.zone = zone;
  state.cache.clear();
  if (fresh) state.lists.clear();
}
