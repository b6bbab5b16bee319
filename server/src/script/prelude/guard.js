// Loops inside the engine that never ask whether time is up: bounded by the length of what they walk over.
// (Expressions only: the Code node's process can be killed.)
const LONGEST_LIST = 1_000_000;
const LONGEST_SEARCH = 200_000_000;
const { apply } = Reflect;

function checkList(list) {
  if (list === null || list === undefined || typeof list === "string") return;
  const object = Object(list);
  if (!("length" in object)) return;
  const length = Object.getOwnPropertyDescriptor(object, "length");
  if (typeof length?.value !== "number") throw new TypeError("an array method needs a list with a plain length");
  if (length.value > LONGEST_LIST) throw new RangeError(`a list of ${length.value} entries is too long for an expression`);
}

function checkSearch(text, part) {
  if (typeof part === "string" && String(text).length * part.length > LONGEST_SEARCH) {
    throw new RangeError("the text is too long to search in an expression");
  }
}

function wrap(proto, key, check) {
  const descriptor = Object.getOwnPropertyDescriptor(proto, key);
  if (typeof descriptor?.value !== "function") return;
  const native = descriptor.value;
  const { wrapped } = { wrapped(...args) { check(this, args); return apply(native, this, args); } };
  Object.defineProperty(wrapped, "name", { value: native.name });
  Object.defineProperty(proto, key, { ...descriptor, value: wrapped });
}

function guard() {
  const skip = new Set(["constructor", "push", "pop", "at", "sort", "toSorted", "flat", "concat"]);
  for (const key of Reflect.ownKeys(Array.prototype)) {
    if (!skip.has(key)) wrap(Array.prototype, key, checkList);
  }
  wrap(Array.prototype, "concat", (list, args) => {
    checkList(list);
    let total = 0;
    for (const arg of args) {
      if (Array.isArray(arg)) { checkList(arg); total += arg.length; }
    }
    if (total > LONGEST_LIST) throw new RangeError("the joined list is too long for an expression");
  });
  // The comparison is made here, so that the engine asks the clock between two of them.
  const compare = (a, b) => {
    const [x, y] = [String(a), String(b)];
    return x < y ? -1 : x > y ? 1 : 0;
  };
  for (const key of ["sort", "toSorted"]) {
    const native = Array.prototype[key];
    const { sort } = { sort(by) { checkList(this); return apply(native, this, [by === undefined ? compare : by]); } };
    Object.defineProperty(Array.prototype, key, { value: sort, writable: true, configurable: true });
  }
  const { flat } = {
    flat(depth = 1) {
      checkList(this);
      const out = [];
      for (const entry of this) {
        if (Array.isArray(entry) && depth >= 1) {
          for (const inner of entry.flat(depth - 1)) out.push(inner);
        } else {
          out.push(entry);
        }
      }
      return out;
    },
  };
  Object.defineProperty(Array.prototype, "flat", { value: flat, writable: true, configurable: true });
  for (const key of ["indexOf", "lastIndexOf", "includes", "split", "replace", "replaceAll"]) {
    wrap(String.prototype, key, (text, [part]) => checkSearch(text, part));
  }
}
