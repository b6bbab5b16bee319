// Takes away what expressions must not have and freezes the rest, so that nothing that one expression does is seen by
// the next.
function forbid() {
  const refuse = () => { throw new TypeError("code can't be made from text here"); };
  const makers = [function () {}, function* () {}, async function () {}, async function* () {}];
  for (const made of makers) {
    Object.defineProperty(Object.getPrototypeOf(made), "constructor", { value: refuse, writable: false, configurable: false });
  }
  Object.defineProperty(refuse, "prototype", { value: Function.prototype });
  Object.defineProperty(globalThis, "Function", { value: refuse });
  for (const name of ["eval", "Proxy", "WeakRef", "FinalizationRegistry", "queueMicrotask", "performance", "navigator", "gc", "print", "Atomics", "SharedArrayBuffer"]) {
    delete globalThis[name];
  }
}

// `object.keys = 1` must work although `Object.prototype.keys` is frozen: a setter that makes an own property.
function tame(proto) {
  for (const key of Reflect.ownKeys(proto)) {
    const descriptor = Object.getOwnPropertyDescriptor(proto, key);
    if (!("value" in descriptor) || !descriptor.configurable) continue;
    const { value } = descriptor;
    Object.defineProperty(proto, key, {
      get() { return value; },
      set(next) {
        if (this === proto) throw new TypeError(`${String(key)} can't be changed here`);
        Object.defineProperty(this, key, { value: next, writable: true, enumerable: true, configurable: true });
      },
      enumerable: descriptor.enumerable,
      configurable: true,
    });
  }
}

function freezeAll(...roots) {
  const iterators = [
    [][Symbol.iterator](), ""[Symbol.iterator](), "x".matchAll(/x/g), new Map().entries(), new Set().values(),
    (function* () {})(), (async function* () {})(), function* () {}, async function () {}, async function* () {}, () => {},
    [].values().map?.((x) => x),
  ];
  const seen = new Set();
  const left = [globalThis, ...roots, ...iterators.filter(Boolean)];
  while (left.length > 0) {
    const object = left.pop();
    if (object === null || (typeof object !== "object" && typeof object !== "function") || seen.has(object)) continue;
    seen.add(object);
    left.push(Object.getPrototypeOf(object));
    for (const key of Reflect.ownKeys(object)) {
      const descriptor = Object.getOwnPropertyDescriptor(object, key);
      left.push(descriptor.value, descriptor.get, descriptor.set);
    }
  }
  for (const object of seen) Object.freeze(object);
}

function harden() {
  forbid();
  // Freezing keeps setters working: what one evaluation sets there, the next would run.
  for (const name of ["prepareStackTrace", "stackTraceLimit"]) {
    if (name in Error) Object.defineProperty(Error, name, { value: Error[name], writable: false, configurable: false });
  }
  for (const proto of [Object.prototype, Error.prototype, TypeError.prototype, RangeError.prototype, SyntaxError.prototype, ReferenceError.prototype]) {
    tame(proto);
  }
  // Classes whose objects are handed out, but which no global name leads to.
  freezeAll(NodeView, LazyItem, FlowError);
}
