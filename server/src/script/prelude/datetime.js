// DateTime with Luxon's names. Time zones are the server's; nothing here reads a clock but through `state`.
const pad = (number, width = 2) => (number < 0 ? "-" : "") + String(Math.abs(number)).padStart(width, "0");
const daysInMonth = (year, month) => new Date(Date.UTC(2000 + (((year % 400) + 400) % 400), month, 0)).getUTCDate();

// Milliseconds since 1970 of a clock reading taken as UTC; years 0–99 are themselves.
function utcMillis(year, month, day, hour = 0, minute = 0, second = 0, millisecond = 0) {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second, millisecond);
  return date.getTime();
}

function fixedOffset(zone) {
  const text = String(zone).toUpperCase();
  if (text === "UTC" || text === "GMT" || text === "Z") return 0;
  const found = /^UTC([-+])(\d{1,2})(?::?(\d{2}))?$/.exec(text);
  if (!found) return undefined;
  return (found[1] === "-" ? -1 : 1) * (Number(found[2]) * 60 + Number(found[3] ?? 0));
}
const fixedName = (minutes) =>
  minutes === 0 ? "UTC" : `UTC${minutes < 0 ? "-" : "+"}${Math.trunc(Math.abs(minutes) / 60)}${minutes % 60 ? `:${pad(Math.abs(minutes) % 60)}` : ""}`;

function zoneName(zone) {
  if (zone === undefined || zone === null || zone === "local" || zone === "system" || zone === "default") return state.zone;
  if (typeof zone === "number") return fixedName(zone);
  const text = String(typeof zone === "object" ? zone.name : zone);
  const fixed = fixedOffset(text);
  return fixed === undefined ? text : fixedName(fixed);
}

const offsetAt = (zone, ms) => fixedOffset(zone) ?? host.offset(zone, ms);

// The instant at which the clocks of a zone show this; in a gap the later one, in an overlap the earlier one.
function instant(zone, local) {
  const fixed = fixedOffset(zone);
  if (fixed !== undefined) return local - fixed * 60_000;
  return host.instant(zone, local);
}

const PLURAL = { year: "years", quarter: "quarters", month: "months", week: "weeks", day: "days", hour: "hours", minute: "minutes", second: "seconds", millisecond: "milliseconds" };
const SINGULAR = Object.fromEntries(Object.entries(PLURAL).map(([one, many]) => [many, one]));
const fieldName = (key) => {
  const text = String(key);
  const known = ["weekday", "weekNumber", "weekYear", "ordinal"].find((name) => name.toLowerCase() === text.toLowerCase().replace(/s$/, ""));
  return known ?? SINGULAR[unitName(text)];
};

class DateTime {
  #ms; #zone; #locale; #parts; #reason;
  constructor(ms, zone, locale, reason) {
    this.#zone = zoneName(zone);
    this.#locale = locale ?? "en-US";
    this.#ms = reason === undefined ? Number(ms) : NaN;
    if (reason === undefined && !(Math.abs(this.#ms) <= 8.64e15)) { this.#ms = NaN; reason = "not a time"; }
    if (reason === undefined && offsetAt(this.#zone, this.#ms) === undefined) { this.#ms = NaN; reason = "unsupported zone"; }
    this.#reason = reason ?? null;
  }
  static now() { return new DateTime(state.clock()); }
  static local(...fields) { return DateTime.#fromFields(fields, undefined); }
  static utc(...fields) { return DateTime.#fromFields(fields, "UTC"); }
  static #fromFields(fields, zone) {
    const last = fields.at(-1);
    const options = last !== null && typeof last === "object" ? fields.pop() : {};
    const where = options.zone ?? zone;
    if (fields.length === 0) return new DateTime(state.clock(), where, options.locale);
    const [year, month = 1, day = 1, hour = 0, minute = 0, second = 0, millisecond = 0] = fields;
    return DateTime.fromObject({ year, month, day, hour, minute, second, millisecond }, { ...options, zone: where });
  }
  static invalid(reason) { return new DateTime(NaN, undefined, undefined, String(reason)); }
  static isDateTime(value) { return value instanceof DateTime; }
  static fromMillis(ms, options = {}) { return new DateTime(ms, options.zone, options.locale); }
  static fromSeconds(seconds, options = {}) { return new DateTime(seconds * 1000, options.zone, options.locale); }
  static fromJSDate(date, options = {}) { return new DateTime(date.getTime(), options.zone, options.locale); }
  static fromObject(object = {}, options = {}) {
    const given = {};
    for (const key of Object.keys(object)) {
      if (object[key] !== undefined && object[key] !== null) given[fieldName(key)] = Number(object[key]);
    }
    const zone = zoneName(options.zone);
    const now = new DateTime(state.clock(), zone);
    if (!now.isValid) return now;
    return DateTime.#assemble(now, given, zone, options.locale);
  }
  // Fields below the largest given one start at their least, those above are taken from `now`.
  static #assemble(now, given, zone, locale) {
    if ("weekNumber" in given || "weekday" in given || "weekYear" in given) {
      const year = given.weekYear ?? given.year ?? now.weekYear;
      const fourth = utcMillis(year, 1, 4);
      const monday = fourth - ((new Date(fourth).getUTCDay() + 6) % 7) * 86_400_000;
      const day = monday + (((given.weekNumber ?? now.weekNumber) - 1) * 7 + ((given.weekday ?? 1) - 1)) * 86_400_000;
      const date = new Date(day);
      const { hour = 0, minute = 0, second = 0, millisecond = 0 } = given;
      const [month, dayOfMonth] = [date.getUTCMonth() + 1, date.getUTCDate()];
      const found = { year: date.getUTCFullYear(), month, day: dayOfMonth, hour, minute, second, millisecond };
      return DateTime.#assemble(now, found, zone, locale);
    }
    const order = ["year", "month", "day", "hour", "minute", "second", "millisecond"];
    const least = { year: now.year, month: 1, day: 1, hour: 0, minute: 0, second: 0, millisecond: 0 };
    const values = {};
    let below = false;
    for (const unit of order) {
      values[unit] = given[unit] ?? (below ? least[unit] : now[unit]);
      below ||= given[unit] !== undefined;
    }
    if (!below && given.ordinal === undefined) return now.setLocale(locale ?? "en-US");
    if (given.ordinal !== undefined) {
      const date = new Date(utcMillis(values.year, 1, given.ordinal));
      for (const unit of order.slice(3)) values[unit] = given[unit] ?? 0;
      values.month = date.getUTCMonth() + 1;
      values.day = date.getUTCDate();
    }
    const { year, month, day, hour, minute, second, millisecond } = values;
    const fits = [year, month, day, hour, minute, second, millisecond].every(Number.isInteger) && month >= 1 && month <= 12
      && day >= 1 && day <= daysInMonth(year, month) && hour >= 0 && hour <= 24 && (hour < 24 || minute + second + millisecond === 0)
      && minute >= 0 && minute <= 59 && second >= 0 && second <= 59 && millisecond >= 0 && millisecond <= 999;
    if (!fits) return DateTime.invalid("unit out of range");
    return new DateTime(instant(zone, utcMillis(year, month, day, hour, minute, second, millisecond)), zone, locale);
  }
  static fromISO(text, options = {}) {
    const source = String(text ?? "").trim();
    const found = /^(?:([-+]\d{6}|\d{4})(?:-?W(\d\d)(?:-?(\d))?|-(\d{3})|(\d{3})|-?(\d\d)(?:-?(\d\d))?)?)?(?:[Tt ]?(\d\d)(?::?(\d\d)(?::?(\d\d)(?:[.,](\d{1,30}))?)?)?\s*(Z|z|[-+]\d\d(?::?\d\d)?)?(?:\[(.+)\])?)?$/.exec(source);
    if (!found || source === "") return DateTime.invalid("unparsable");
    const [, year, week, weekday, ordinalA, ordinalB, month, day, hour, minute, second, fraction, offset, named] = found;
    if (year === undefined && hour === undefined) return DateTime.invalid("unparsable");
    const given = {};
    if (year !== undefined) given.year = Number(year);
    if (week !== undefined) Object.assign(given, { weekYear: given.year, weekNumber: Number(week), weekday: Number(weekday ?? 1) });
    const ordinal = ordinalA ?? ordinalB;
    if (ordinal !== undefined) given.ordinal = Number(ordinal);
    if (month !== undefined) given.month = Number(month);
    if (day !== undefined) given.day = Number(day);
    given.hour = Number(hour ?? 0);
    given.minute = Number(minute ?? 0);
    given.second = Number(second ?? 0);
    given.millisecond = fraction === undefined ? 0 : Math.trunc(Number(`0.${fraction}`) * 1000);
    return DateTime.#zoned(given, offset, named, options);
  }
  static #zoned(given, offset, named, options) {
    const wanted = zoneName(options.zone);
    if (offset === undefined) return DateTime.fromObject(given, { zone: named ?? wanted, locale: options.locale });
    const fixed = /^z$/i.test(offset) ? "UTC" : fixedName(offsetMinutes(offset));
    const at = DateTime.fromObject(given, { zone: fixed, locale: options.locale });
    return options.setZone ? at.setZone(named ?? fixed) : at.setZone(named ?? wanted);
  }
  static fromSQL(text, options = {}) { return DateTime.fromISO(String(text ?? "").trim().replace(/^(\d{4}-\d\d-\d\d) /, "$1T").replace(/ (?=[-+Z]|[A-Z][a-z]+\/)/, ""), options); }
  static fromRFC2822(text, options = {}) {
    const found = /^(?:\w{3},\s*)?(\d{1,2})\s+(\w{3})\w*\s+(\d{4})\s+(\d\d):(\d\d)(?::(\d\d))?\s*([-+]\d{4}|[A-Z]{1,4})?$/.exec(String(text ?? "").trim());
    const month = found ? NAMES.en.monthsShort.indexOf(found[2]) + 1 : 0;
    if (!month) return DateTime.invalid("unparsable");
    const [, day, , year, hour, minute, second = 0, offset] = found;
    const given = { year, month, day, hour, minute, second: Number(second), millisecond: 0 };
    return DateTime.#zoned(given, offset && /^[-+]/.test(offset) ? offset : "Z", undefined, options);
  }
  static fromHTTP(text, options = {}) { return DateTime.fromRFC2822(text, options); }
  static fromFormat(text, format, options = {}) {
    const read = readFormat(String(text ?? ""), String(format), options.locale);
    return read ? DateTime.#fromRead(read, options) : DateTime.invalid("unparsable");
  }
  static fromString(text, format, options) { return DateTime.fromFormat(text, format, options); }
  static #fromRead({ given, offset, zone, millis }, options) {
    if (millis !== undefined) return DateTime.fromMillis(millis, options);
    return DateTime.#zoned(given, offset, zone, options);
  }
  static max(...all) { return all.reduce((a, b) => (a >= b ? a : b)); }
  static min(...all) { return all.reduce((a, b) => (a <= b ? a : b)); }

  get #fields() {
    if (this.#parts === undefined) {
      const offset = offsetAt(this.#zone, this.#ms);
      const local = new Date(this.#ms + offset * 60_000);
      this.#parts = {
        offset, year: local.getUTCFullYear(), month: local.getUTCMonth() + 1, day: local.getUTCDate(), hour: local.getUTCHours(),
        minute: local.getUTCMinutes(), second: local.getUTCSeconds(), millisecond: local.getUTCMilliseconds(),
        weekday: ((local.getUTCDay() + 6) % 7) + 1,
      };
    }
    return this.#parts;
  }
  get isValid() { return this.#reason === null; }
  get invalidReason() { return this.#reason; }
  get year() { return this.isValid ? this.#fields.year : NaN; }
  get month() { return this.isValid ? this.#fields.month : NaN; }
  get day() { return this.isValid ? this.#fields.day : NaN; }
  get hour() { return this.isValid ? this.#fields.hour : NaN; }
  get minute() { return this.isValid ? this.#fields.minute : NaN; }
  get second() { return this.isValid ? this.#fields.second : NaN; }
  get millisecond() { return this.isValid ? this.#fields.millisecond : NaN; }
  get weekday() { return this.isValid ? this.#fields.weekday : NaN; }
  get quarter() { return Math.ceil(this.month / 3); }
  get ordinal() { return this.isValid ? (utcMillis(this.year, this.month, this.day) - utcMillis(this.year, 1, 1)) / 86_400_000 + 1 : NaN; }
  get weekYear() { return this.isValid ? new Date(this.#thursday()).getUTCFullYear() : NaN; }
  get weekNumber() { return this.isValid ? Math.floor((this.#thursday() - utcMillis(this.weekYear, 1, 1)) / 604_800_000) + 1 : NaN; }
  // The Thursday of this week decides which year the week belongs to (ISO 8601).
  #thursday() { return utcMillis(this.year, this.month, this.day) + (4 - this.weekday) * 86_400_000; }
  get weeksInWeekYear() { return new DateTime(utcMillis(this.weekYear, 12, 28), "UTC").weekNumber; }
  get daysInMonth() { return daysInMonth(this.year, this.month); }
  get daysInYear() { return this.isInLeapYear ? 366 : 365; }
  get isInLeapYear() { return daysInMonth(this.year, 2) === 29; }
  get offset() { return this.isValid ? this.#fields.offset : NaN; }
  get isOffsetFixed() { return fixedOffset(this.#zone) !== undefined; }
  get isInDST() { return this.isValid && !this.isOffsetFixed && host.dst(this.#zone, this.#ms); }
  get zoneName() { return this.#zone; }
  get zone() { return Object.freeze({ name: this.#zone, isUniversal: this.isOffsetFixed }); }
  get offsetNameShort() { return this.isOffsetFixed ? this.#zone : host.abbreviation(this.#zone, this.#ms); }
  get offsetNameLong() { return this.offsetNameShort; }
  get locale() { return this.#locale; }
  get monthLong() { return names(this.#locale).months[this.month - 1]; }
  get monthShort() { return names(this.#locale).monthsShort[this.month - 1]; }
  get weekdayLong() { return names(this.#locale).days[this.weekday - 1]; }
  get weekdayShort() { return names(this.#locale).daysShort[this.weekday - 1]; }
  get ts() { return this.#ms; }
  get c() { return this.toObject(); }
  get(unit) { return this[fieldName(unit)]; }

  #with(ms, zone = this.#zone) { return new DateTime(ms, zone, this.#locale); }
  setZone(zone, { keepLocalTime = false } = {}) {
    const name = zoneName(zone);
    if (!this.isValid || !keepLocalTime) return this.#with(this.#ms, name);
    return this.#with(instant(name, this.#ms + this.offset * 60_000), name);
  }
  toUTC(offset = 0) { return this.setZone(Number(offset)); }
  toLocal() { return this.setZone("local"); }
  setLocale(locale) { return new DateTime(this.#ms, this.#zone, locale, this.#reason ?? undefined); }
  reconfigure(options = {}) { return this.setLocale(options.locale ?? this.#locale); }
  set(object) {
    if (!this.isValid) return this;
    const given = {};
    for (const key of Object.keys(object)) given[fieldName(key)] = Number(object[key]);
    if ("weekday" in given || "weekNumber" in given || "weekYear" in given) {
      const { weekday = this.weekday, weekNumber = this.weekNumber, weekYear = this.weekYear } = given;
      const day = DateTime.fromObject({ weekYear, weekNumber, weekday }, { zone: "UTC" });
      Object.assign(given, { year: day.year, month: day.month, day: day.day });
    }
    if (given.ordinal !== undefined) {
      const date = new Date(utcMillis(given.year ?? this.year, 1, given.ordinal));
      Object.assign(given, { month: date.getUTCMonth() + 1, day: date.getUTCDate() });
    }
    const { year = this.year, month = this.month, hour = this.hour, minute = this.minute, second = this.second, millisecond = this.millisecond } = given;
    // Setting only the month keeps the day within it.
    const day = given.day ?? Math.min(this.day, daysInMonth(year, month));
    return this.#with(instant(this.#zone, utcMillis(year, month, day, hour, minute, second, millisecond)));
  }
  #shift(duration, sign) {
    if (!this.isValid) return this;
    const { years = 0, quarters = 0, months = 0, weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0, milliseconds = 0 } = duration.toObject();
    let ms = this.#ms;
    const [moveMonths, moveDays] = [Math.trunc(years) * 12 + Math.trunc(quarters) * 3 + Math.trunc(months), Math.trunc(weeks) * 7 + Math.trunc(days)];
    if (moveMonths !== 0 || moveDays !== 0) {
      const index = this.year * 12 + this.month - 1 + sign * moveMonths;
      const [year, month] = [Math.floor(index / 12), (((index % 12) + 12) % 12) + 1];
      const day = Math.min(this.day, daysInMonth(year, month));
      const local = utcMillis(year, month, day, this.hour, this.minute, this.second, this.millisecond) + sign * moveDays * 86_400_000;
      ms = instant(this.#zone, local);
    }
    const part = (amount, unit) => (amount - Math.trunc(amount)) * UNIT_MS[unit];
    const clock = hours * 3_600_000 + minutes * 60_000 + seconds * 1000 + milliseconds
      + part(years, "years") + part(quarters, "quarters") + part(months, "months") + part(weeks, "weeks") + part(days, "days");
    return this.#with(Math.round(ms + sign * clock));
  }
  plus(amount, unit) { return this.#shift(Duration.fromDurationLike(amount, unit), 1); }
  minus(amount, unit) { return this.#shift(Duration.fromDurationLike(amount, unit), -1); }
  startOf(unit) {
    const name = SINGULAR[unitName(unit)];
    if (name === "week") return this.minus({ days: this.weekday - 1 }).startOf("day");
    const fields = {};
    if (name === "quarter") fields.month = (this.quarter - 1) * 3 + 1;
    const order = ["year", "month", "day", "hour", "minute", "second", "millisecond"];
    const least = { month: 1, day: 1, hour: 0, minute: 0, second: 0, millisecond: 0 };
    for (const below of order.slice(order.indexOf(name === "quarter" ? "month" : name) + 1)) fields[below] = least[below];
    return this.set(fields);
  }
  endOf(unit) { return this.plus({ [unitName(unit)]: 1 }).startOf(unit).minus(1); }
  diff(other, units = "milliseconds") {
    const end = toDateTime(other);
    const wanted = UNITS.filter((unit) => [units].flat().map(unitName).includes(unit));
    const sign = this.#ms < end.valueOf() ? -1 : 1;
    let [low, high] = sign < 0 ? [this, end.setZone(this.#zone)] : [end.setZone(this.#zone), this];
    const values = {};
    wanted.forEach((unit, i) => {
      let amount = Math.floor((high - low) / UNIT_MS[unit]);
      if (["years", "quarters", "months", "weeks", "days"].includes(unit)) {
        while (low.plus({ [unit]: amount }) > high) amount -= 1;
        while (low.plus({ [unit]: amount + 1 }) <= high) amount += 1;
      }
      const reached = low.plus({ [unit]: amount });
      if (i === wanted.length - 1) {
        const step = low.plus({ [unit]: amount + 1 }) - reached;
        amount += step > 0 ? (high - reached) / step : 0;
      }
      values[unit] = amount === 0 ? 0 : sign * amount;
      low = reached;
    });
    return new Duration(values);
  }
  diffNow(units) { return this.diff(DateTime.now(), units); }
  until(other) { return Interval.fromDateTimes(this, other); }
  hasSame(other, unit) {
    const there = toDateTime(other).setZone(this.#zone);
    return this.startOf(unit).valueOf() === there.startOf(unit).valueOf();
  }
  equals(other) {
    return other instanceof DateTime && this.isValid && other.isValid && this.valueOf() === other.valueOf()
      && this.#zone === other.zoneName && this.#locale === other.locale;
  }

  toMillis() { return this.#ms; }
  valueOf() { return this.#ms; }
  toSeconds() { return this.#ms / 1000; }
  toUnixInteger() { return Math.floor(this.#ms / 1000); }
  toJSDate() { return new Date(this.#ms); }
  toObject() {
    const { year, month, day, hour, minute, second, millisecond } = this;
    return { year, month, day, hour, minute, second, millisecond };
  }
  toISODate({ format = "extended" } = {}) { return this.isValid ? this.toFormat(format === "basic" ? "yyyyMMdd" : "yyyy-MM-dd") : null; }
  toISOWeekDate() { return this.isValid ? `${pad(this.weekYear, 4)}-W${pad(this.weekNumber)}-${this.weekday}` : null; }
  toISOTime({ suppressMilliseconds = false, suppressSeconds = false, includeOffset = true, format = "extended" } = {}) {
    if (!this.isValid) return null;
    const sep = format === "basic" ? "" : ":";
    let text = `${pad(this.hour)}${sep}${pad(this.minute)}`;
    const short = suppressSeconds && this.second === 0 && this.millisecond === 0;
    if (!short) {
      text += `${sep}${pad(this.second)}`;
      if (!suppressMilliseconds || this.millisecond !== 0) text += `.${pad(this.millisecond, 3)}`;
    }
    if (!includeOffset) return text;
    return text + (this.isOffsetFixed && this.offset === 0 ? "Z" : offsetText(this.offset, sep));
  }
  toISO(options) { return this.isValid ? `${this.toISODate(options)}T${this.toISOTime(options)}` : null; }
  toISOString() { return this.toISO(); }
  toJSON() { return this.toISO(); }
  toString() { return this.isValid ? this.toISO() : "Invalid DateTime"; }
  toRFC2822() { return this.isValid ? this.setLocale("en").toFormat("EEE, dd LLL yyyy HH:mm:ss ZZZ") : null; }
  toHTTP() { return this.isValid ? this.toUTC().setLocale("en").toFormat("EEE, dd LLL yyyy HH:mm:ss 'GMT'") : null; }
  toSQLDate() { return this.toISODate(); }
  toSQLTime() { return this.isValid ? this.toFormat("HH:mm:ss.SSS ZZ") : null; }
  toSQL({ includeOffset = true } = {}) { return this.isValid ? this.toFormat(`yyyy-MM-dd HH:mm:ss.SSS${includeOffset ? " ZZ" : ""}`) : null; }
  toFormat(format, options = {}) { return this.isValid ? writeFormat(this, String(format), options.locale ?? this.#locale) : "Invalid DateTime"; }
  toLocaleString(preset = DateTime.DATE_SHORT, options = {}) {
    return this.isValid ? localeText(this, preset, options.locale ?? preset.locale ?? this.#locale) : "Invalid DateTime";
  }
  toRelative({ base } = {}) {
    const from = base ?? DateTime.now();
    const unit = ["years", "months", "days", "hours", "minutes"].find((u) => Math.abs(this.diff(from, u).get(u)) >= 1) ?? "seconds";
    const amount = Math.trunc(this.diff(from, unit).get(unit));
    const text = `${Math.abs(amount)} ${Math.abs(amount) === 1 ? unit.slice(0, -1) : unit}`;
    return amount < 0 ? `${text} ago` : `in ${text}`;
  }
  toDateTime() { return this; }
}

function offsetMinutes(text) {
  const found = /^([-+])(\d\d):?(\d\d)?$/.exec(text);
  return (found[1] === "-" ? -1 : 1) * (Number(found[2]) * 60 + Number(found[3] ?? 0));
}
function offsetText(minutes, sep = ":") {
  return `${minutes < 0 ? "-" : "+"}${pad(Math.trunc(Math.abs(minutes) / 60))}${sep}${pad(Math.abs(minutes) % 60)}`;
}

// A DateTime from what people have: DateTime, Date, ISO or common text, seconds or milliseconds.
function toDateTime(value) {
  if (value instanceof DateTime) return value;
  if (value instanceof Date) return DateTime.fromJSDate(value);
  if (typeof value === "number") return DateTime.fromMillis(value);
  const text = String(value);
  for (const read of [DateTime.fromISO, DateTime.fromRFC2822, DateTime.fromSQL]) {
    const at = read(text, { setZone: false });
    if (at.isValid) return at;
  }
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) throw new TypeError(`not a date: ${text}`);
  return DateTime.fromMillis(ms);
}
