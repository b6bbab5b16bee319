const mode = { lazy: host_mode, current: undefined, items: undefined };
Object.defineProperty(BigInt.prototype, "toJSON", { value() { return this.toString(); }, writable: true, configurable: true });
extend();
publish();
if (host_mode) {
  guard();
  harden();
  return begin;
}
publishForCode();
runCode.tick = tick;
return runCode;
