// A small Duration and Interval with Luxon's names.
const UNITS = ["years", "quarters", "months", "weeks", "days", "hours", "minutes", "seconds", "milliseconds"];
const UNIT_MS = {
  years: 31_536_000_000, quarters: 7_862_400_000, months: 2_592_000_000, weeks: 604_800_000, days: 86_400_000,
  hours: 3_600_000, minutes: 60_000, seconds: 1_000, milliseconds: 1,
};

function unitName(unit) {
  const text = String(unit).trim();
  const short = { y: "years", Q: "quarters", M: "months", w: "weeks", d: "days", h: "hours", m: "minutes", s: "seconds", ms: "milliseconds" };
  if (Object.hasOwn(short, text)) return short[text];
  const lower = text.toLowerCase();
  const plural = lower.endsWith("s") ? lower : `${lower}s`;
  const alias = { mins: "minutes", hrs: "hours", secs: "seconds", millis: "milliseconds" }[plural] ?? plural;
  if (!UNITS.includes(alias)) throw new TypeError(`unknown unit of time: ${text}`);
  return alias;
}

class Duration {
  #values;
  constructor(values) { this.#values = values; Object.freeze(this); }
  static fromObject(object) {
    const values = {};
    for (const key of Object.keys(object ?? {})) {
      const number = Number(object[key]);
      if (Number.isNaN(number)) throw new TypeError(`${key} is not a number`);
      values[unitName(key)] = number;
    }
    return new Duration(values);
  }
  static fromMillis(ms) { return new Duration({ milliseconds: Number(ms) }); }
  static fromDurationLike(value, unit) {
    if (value instanceof Duration) return value;
    if (unit !== undefined) return Duration.fromObject({ [unit]: value });
    if (typeof value === "number") return Duration.fromMillis(value);
    if (typeof value === "string") return Duration.fromISO(value);
    return Duration.fromObject(value);
  }
  static fromISO(text) {
    const found = /^([-+]?)P(?:([\d.]+)Y)?(?:([\d.]+)M)?(?:([\d.]+)W)?(?:([\d.]+)D)?(?:T(?:([\d.]+)H)?(?:([\d.]+)M)?(?:([\d.]+)S)?)?$/.exec(String(text));
    if (!found) throw new TypeError(`not an ISO duration: ${text}`);
    const sign = found[1] === "-" ? -1 : 1;
    const values = {};
    ["years", "months", "weeks", "days", "hours", "minutes", "seconds"].forEach((unit, i) => {
      if (found[i + 2] !== undefined) values[unit] = sign * Number(found[i + 2]);
    });
    return new Duration(values);
  }
  static isDuration(value) { return value instanceof Duration; }
  get isValid() { return true; }
  get(unit) { return this.#values[unitName(unit)] ?? 0; }
  toObject() { return { ...this.#values }; }
  toMillis() { return UNITS.reduce((sum, unit) => sum + (this.#values[unit] ?? 0) * UNIT_MS[unit], 0); }
  valueOf() { return this.toMillis(); }
  as(unit) {
    const name = unitName(unit);
    const own = Object.keys(this.#values);
    return own.length === 1 && own[0] === name ? this.#values[name] : this.toMillis() / UNIT_MS[name];
  }
  shiftTo(...units) {
    const wanted = UNITS.filter((unit) => units.map(unitName).includes(unit));
    if (wanted.length === 0) return this;
    let rest = this.toMillis();
    const values = {};
    wanted.forEach((unit, i) => {
      const amount = rest / UNIT_MS[unit];
      values[unit] = i === wanted.length - 1 ? amount : Math.trunc(amount);
      rest -= values[unit] * UNIT_MS[unit];
    });
    return new Duration(values);
  }
  normalize() { return this.shiftTo(...Object.keys(this.#values)); }
  plus(other, unit) {
    const more = Duration.fromDurationLike(other, unit).toObject();
    const values = { ...this.#values };
    for (const key of Object.keys(more)) values[key] = (values[key] ?? 0) + more[key];
    return new Duration(values);
  }
  minus(other, unit) { return this.plus(Duration.fromDurationLike(other, unit).negate()); }
  negate() { return this.mapUnits((amount) => (amount === 0 ? 0 : -amount)); }
  mapUnits(change) {
    const values = {};
    for (const key of Object.keys(this.#values)) values[key] = Number(change(this.#values[key], key));
    return new Duration(values);
  }
  toISO() {
    const of = (unit, letter) => (this.#values[unit] ? `${this.#values[unit]}${letter}` : "");
    const months = (this.#values.months ?? 0) + (this.#values.quarters ?? 0) * 3;
    const seconds = (this.#values.seconds ?? 0) + (this.#values.milliseconds ?? 0) / 1000;
    const date = of("years", "Y") + (months ? `${months}M` : "") + of("weeks", "W") + of("days", "D");
    const clock = of("hours", "H") + of("minutes", "M") + (seconds ? `${Math.round(seconds * 1000) / 1000}S` : "");
    return date || clock ? `P${date}${clock ? `T${clock}` : ""}` : "PT0S";
  }
  toHuman() {
    return UNITS.filter((unit) => this.#values[unit] !== undefined)
      .map((unit) => `${formatNumber(this.#values[unit], "en")} ${this.#values[unit] === 1 ? unit.slice(0, -1) : unit}`)
      .join(", ");
  }
  toFormat(format) {
    const letters = { y: "years", M: "months", w: "weeks", d: "days", h: "hours", m: "minutes", s: "seconds", S: "milliseconds" };
    const used = Object.keys(letters).filter((letter) => String(format).includes(letter));
    const whole = this.shiftTo(...used.map((letter) => letters[letter]));
    return String(format).replace(/([yMwdhmsS])\1*/g, (token) =>
      String(Math.trunc(whole.get(letters[token[0]]))).padStart(token.length, "0"));
  }
  toJSON() { return this.toISO(); }
  toString() { return this.toISO(); }
  equals(other) {
    return other instanceof Duration && UNITS.every((unit) => this.get(unit) === other.get(unit));
  }
}
for (const unit of UNITS) {
  Object.defineProperty(Duration.prototype, unit, { get() { return this.get(unit); }, configurable: true });
}

class Interval {
  #start; #end;
  constructor(start, end) { this.#start = start; this.#end = end; Object.freeze(this); }
  static fromDateTimes(start, end) { return new Interval(toDateTime(start), toDateTime(end)); }
  static after(start, length) { const from = toDateTime(start); return new Interval(from, from.plus(length)); }
  static before(end, length) { const to = toDateTime(end); return new Interval(to.minus(length), to); }
  get start() { return this.#start; }
  get end() { return this.#end; }
  get isValid() { return this.#start.isValid && this.#end.isValid && this.#end >= this.#start; }
  length(unit = "milliseconds") { return this.toDuration(unit).get(unit); }
  count(unit = "milliseconds") {
    return Math.floor(this.#end.startOf(unit).diff(this.#start.startOf(unit), unit).get(unit)) + 1;
  }
  toDuration(unit = "milliseconds") { return this.#end.diff(this.#start, unit); }
  contains(at) { const moment = toDateTime(at); return this.#start <= moment && moment < this.#end; }
  overlaps(other) { return this.#end > other.start && this.#start < other.end; }
  isEmpty() { return this.#start.valueOf() === this.#end.valueOf(); }
  toISO() { return `${this.#start.toISO()}/${this.#end.toISO()}`; }
  toJSON() { return this.toISO(); }
  toString() { return this.toISO(); }
}
