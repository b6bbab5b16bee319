// n8n's methods on text, numbers, lists, objects, dates and yes/no values.
const isEmptyValue = (value) =>
  value === undefined || value === null || value === "" || (Array.isArray(value) && value.length === 0)
  || (typeof value === "object" && !(value instanceof DateTime) && !(value instanceof Date) && !Array.isArray(value) && Object.keys(value).length === 0);

const plainObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value) && !(value instanceof DateTime) && !(value instanceof Date);

// Equality by content, as n8n compares list entries.
const contentKey = (value) => (value !== null && typeof value === "object" ? `o${stable(value)}` : `${typeof value}${String(value)}`);
function stable(value) {
  if (Array.isArray(value)) return `[${value.map(stable).join(",")}]`;
  if (plainObject(value)) return `{${Object.keys(value).sort().map((key) => `${JSON.stringify(key)}:${stable(value[key])}`).join(",")}}`;
  return JSON.stringify(value) ?? "null";
}

const URL_TEXT = /^[a-z][a-z0-9+.-]*:\/\/[^\s/?#]+[^\s]*$/i;
const words = (text) => text.replace(/([a-z0-9])([A-Z])/g, "$1 $2").split(/[^\p{L}\p{N}]+/u).filter(Boolean);
const upperFirst = (text) => text.charAt(0).toUpperCase() + text.slice(1);

function numberOf(text) {
  const number = Number(String(text).trim() === "" ? NaN : String(text).trim().replace(/(?<=\d),(?=\d{3}\b)/g, ""));
  if (Number.isNaN(number)) throw new TypeError(`“${text}” is not a number`);
  return number;
}

const BOOLEAN_NO = new Set(["false", "no", "0", "off", "n", "f", ""]);

function dateTimeOf(value, format) {
  if (typeof value === "number" || (typeof value === "string" && /^\d+(\.\d+)?$/.test(value.trim()) && format !== undefined)) {
    const number = Number(value);
    switch (format) {
      case "s": return DateTime.fromMillis(number * 1000);
      case "us": return DateTime.fromMillis(number / 1000);
      // Days since 30 December 1899.
      case "excel": return DateTime.fromMillis(Math.round((number - 25569) * 86_400_000), { zone: "UTC" }).setZone("local", { keepLocalTime: true });
      case undefined: case "ms": return DateTime.fromMillis(number);
      default: break;
    }
  }
  const at = format !== undefined && typeof value === "string" ? DateTime.fromFormat(value, format) : toDateTime(value);
  if (!at.isValid) throw new TypeError(`“${value}” is not a date${format ? ` in the format ${format}` : ""}`);
  return at;
}

const stringMethods = {
  base64Encode() { return host.base64Encode(String(this)); },
  base64Decode() { return host.base64Decode(String(this)); },
  extractDomain() {
    const found = /^(?:[a-z][a-z0-9+.-]*:\/\/)?(?:[^\s@/]*@)?((?:[\p{L}\p{N}_](?:[\p{L}\p{N}_-]{0,61}[\p{L}\p{N}])?\.)+[\p{L}]{2,63}|\d{1,3}(?:\.\d{1,3}){3})(?=[:/?#]|$)/iu.exec(this.trim());
    return found ? found[1] : undefined;
  },
  extractEmail() { return /[\p{L}\p{N}._%+-]+@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)*\.[\p{L}]{2,63}/u.exec(this)?.[0]; },
  extractUrl() { return /[a-z][a-z0-9+.-]*:\/\/[^\s"'<>]+/i.exec(this)?.[0]; },
  extractUrlPath() { return /^[a-z][a-z0-9+.-]*:\/\/[^/?#]+([^?#]*)/i.exec(this.trim())?.[1]; },
  hash(algorithm = "md5") { return host.hash(String(algorithm), String(this)); },
  isBlank() { return this.trim() === ""; },
  isNotBlank() { return this.trim() !== ""; },
  isEmpty() { return this.length === 0; },
  isNotEmpty() { return this.length !== 0; },
  isDomain() { return /^(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?\.)+\p{L}{2,63}$/u.test(this); },
  isEmail() { return /^[\p{L}\p{N}._%+-]+@(?:[\p{L}\p{N}-]+\.)+\p{L}{2,63}$/u.test(this); },
  isNumeric() { return this.trim() !== "" && !this.includes(" ") && Number.isFinite(Number(this)); },
  isUrl() { return URL_TEXT.test(this); },
  parseJson() {
    try { return JSON.parse(this); } catch (error) { throw new TypeError(`the text is not JSON (${error.message})`); }
  },
  fromJson() { return this.parseJson(); },
  quote(mark = '"') { return mark + this.replaceAll("\\", "\\\\").replaceAll(mark, `\\${mark}`) + mark; },
  removeMarkdown() {
    return this.replace(/```[^\n]*\n?([\s\S]*?)```/g, "$1").replace(/^\s{0,3}#{1,6}\s+/gm, "").replace(/^\s{0,3}>\s?/gm, "")
      .replace(/^\s*(?:[-*_]\s*){3,}$/gm, "").replace(/!?\[([^\]]*)\]\([^)]*\)/g, "$1").replace(/^(\s*)(?:[-*+]|\d+\.)\s+/gm, "$1")
      .replace(/(\*\*|__)(.*?)\1/g, "$2").replace(/(\*|_)(.*?)\1/g, "$2").replace(/~~(.*?)~~/g, "$1").replace(/`([^`]*)`/g, "$1");
  },
  removeTags() { return this.replace(/<[^>]*>/g, ""); },
  replaceSpecialChars() {
    return this.normalize("NFD").replace(/[\u0300-\u036f]/g, "").replace(/ß/g, "ss").replace(/[æÆ]/g, (c) => (c === "æ" ? "ae" : "AE"))
      .replace(/[øØ]/g, (c) => (c === "ø" ? "o" : "O")).replace(/[łŁ]/g, (c) => (c === "ł" ? "l" : "L"));
  },
  toBoolean() { return !BOOLEAN_NO.has(this.trim().toLowerCase()); },
  toDateTime(format) { return dateTimeOf(String(this), format); },
  toDate() { return dateTimeOf(String(this)).toJSDate(); },
  toInt() { return Math.trunc(numberOf(this)); },
  toWholeNumber() { return Math.trunc(numberOf(this)); },
  toFloat() { return numberOf(this); },
  toDecimalNumber() { return numberOf(this); },
  toNumber() { return numberOf(this); },
  toJsonString() { return JSON.stringify(String(this)); },
  toSentenceCase() { return this.toLowerCase().replace(/(^\s*|[.!?]\s+)(\p{L})/gu, (_, before, letter) => before + letter.toUpperCase()); },
  toSnakeCase() { return words(String(this)).join("_").toLowerCase(); },
  toTitleCase() { return this.toLowerCase().replace(/(^|[\s-])(\p{L})/gu, (_, before, letter) => before + letter.toUpperCase()); },
  toCamelCase() { return words(String(this)).map((word, i) => (i ? upperFirst(word.toLowerCase()) : word.toLowerCase())).join(""); },
  urlEncode(whole = false) { return whole ? encodeURI(this) : encodeURIComponent(this); },
  urlDecode(whole = false) { return whole ? decodeURI(this) : decodeURIComponent(this); },
};

const numberMethods = {
  abs() { return Math.abs(this); },
  ceil() { return Math.ceil(this); },
  floor() { return Math.floor(this); },
  round(digits = 0) { return Number(`${Math.round(Number(`${Number(this)}e${digits}`))}e${-digits}`) || Number(Number(this).toFixed(Math.max(0, Math.min(100, digits)))); },
  format(locale = "en-US", options = {}) { return formatNumber(Number(this), locale, options); },
  isEven() { return Number(this) % 2 === 0; },
  isOdd() { return Math.abs(Number(this) % 2) === 1; },
  isInteger() { return Number.isInteger(Number(this)); },
  isEmpty() { return false; },
  isNotEmpty() { return true; },
  toBoolean() { return Number(this) !== 0; },
  toInt() { return Math.trunc(this); },
  toNumber() { return Number(this); },
  toDateTime(format) { return dateTimeOf(Number(this), format); },
  toLocaleString(locale, options) { return formatNumber(Number(this), locale, options); },
  toJsonString() { return JSON.stringify(Number(this)); },
};

const booleanMethods = {
  toInt() { return Number(this); },
  toNumber() { return Number(this); },
  toBoolean() { return Boolean(this.valueOf()); },
  toJsonString() { return String(this); },
  isEmpty() { return false; },
  isNotEmpty() { return true; },
};

const numbersOf = (list) => list.map((entry) => {
  const number = typeof entry === "string" ? Number(entry) : entry;
  if (typeof number !== "number" || Number.isNaN(number)) throw new TypeError("the list has an entry that is not a number");
  return number;
});
const uniqueBy = (list, keyOf) => {
  const seen = new Set();
  return list.filter((entry) => { const key = keyOf(entry); if (seen.has(key)) return false; seen.add(key); return true; });
};

const arrayMethods = {
  append(...entries) { return [...this, ...entries]; },
  average() { return this.length === 0 ? 0 : this.sum() / this.length; },
  chunk(size) {
    if (!(Number(size) >= 1)) throw new RangeError("chunk() needs a size of 1 or more");
    const out = [];
    for (let i = 0; i < this.length; i += Math.floor(size)) out.push(this.slice(i, i + Math.floor(size)));
    return out;
  },
  compact() { return this.filter((entry) => !isEmptyValue(entry) && entry !== "nil").map((entry) => (plainObject(entry) ? objectMethods.compact.call(entry) : entry)); },
  difference(other) { const there = new Set([...other].map(contentKey)); return uniqueBy(this, contentKey).filter((entry) => !there.has(contentKey(entry))); },
  intersection(other) { const there = new Set([...other].map(contentKey)); return uniqueBy(this, contentKey).filter((entry) => there.has(contentKey(entry))); },
  union(other) { return uniqueBy([...this, ...other], contentKey); },
  first() { return this[0]; },
  last() { return this[this.length - 1]; },
  isEmpty() { return this.length === 0; },
  isNotEmpty() { return this.length !== 0; },
  max() { return numbersOf(this).reduce((a, b) => (a > b ? a : b), -Infinity); },
  min() { return numbersOf(this).reduce((a, b) => (a < b ? a : b), Infinity); },
  sum() { return numbersOf(this).reduce((a, b) => a + b, 0); },
  merge(other = []) {
    const lists = [this, [...other]];
    const out = {};
    for (const list of lists) for (const entry of list) if (plainObject(entry)) for (const key of Object.keys(entry)) if (!Object.hasOwn(out, key)) setOwn(out, key, entry[key]);
    return out;
  },
  pluck(...fields) {
    const keys = fields.flat();
    if (keys.length === 0) return [...this];
    return this.filter(plainObject).map((entry) => (keys.length === 1 ? entry[keys[0]] : objectOf(keys.filter((key) => Object.hasOwn(entry, key)).map((key) => [key, entry[key]])))).filter((entry) => entry !== undefined);
  },
  randomItem() { return this[Math.floor(Math.random() * this.length)]; },
  renameKeys(...pairs) {
    const names = new Map();
    for (let i = 0; i + 1 < pairs.length; i += 2) names.set(pairs[i], pairs[i + 1]);
    return this.map((entry) => (plainObject(entry) ? objectOf(Object.keys(entry).map((key) => [names.get(key) ?? key, entry[key]])) : entry));
  },
  smartJoin(keyField, valueField) { return objectOf(this.filter((entry) => plainObject(entry) && entry[keyField] !== undefined).map((entry) => [entry[keyField], entry[valueField]])); },
  toJsonString() { return JSON.stringify(this); },
  unique(...fields) {
    const keys = fields.flat();
    return uniqueBy(this, (entry) => (keys.length && plainObject(entry) ? stable(keys.map((key) => entry[key])) : contentKey(entry)));
  },
  removeDuplicates(...fields) { return this.unique(...fields); },
};

function setOwn(object, key, value) {
  Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
}
function objectOf(entries) {
  const out = {};
  for (const [key, value] of entries) setOwn(out, key, value);
  return out;
}
const filterFields = (object, keep) => objectOf(Object.keys(object).filter((key) => keep(key, object[key])).map((key) => [key, object[key]]));

const objectMethods = {
  compact() {
    return objectOf(Object.keys(this).filter((key) => !isEmptyValue(this[key]) && this[key] !== "nil").map((key) => [key, plainObject(this[key]) ? objectMethods.compact.call(this[key]) : this[key]]));
  },
  hasField(name) { return Object.hasOwn(this, name); },
  isEmpty() { return Object.keys(this).length === 0; },
  isNotEmpty() { return Object.keys(this).length !== 0; },
  keepFieldsContaining(text) { return filterFields(this, (_, value) => typeof value === "string" && value.includes(text)); },
  removeFieldsContaining(text) { return filterFields(this, (_, value) => !(typeof value === "string" && value.includes(text))); },
  removeField(name) { return filterFields(this, (key) => key !== name); },
  keys() { return Object.keys(this); },
  values() { return Object.values(this); },
  merge(other) { return { ...other, ...this }; },
  toJsonString() { return JSON.stringify(this); },
  urlEncode() { return Object.keys(this).map((key) => `${encodeURIComponent(key)}=${encodeURIComponent(this[key])}`).join("&"); },
};

// For DateTime and, through it, for Date.
const PARTS = { dayofyear: "ordinal", dayofweek: "weekday", week: "weekNumber", weekday: "weekday" };
const dateMethods = {
  beginningOf(unit = "week") { return this.startOf(unit); },
  endOfMonth() { return this.endOf("month"); },
  diffTo(other, unit = "days") {
    const duration = toDateTime(other).diff(this, unit);
    return Array.isArray(unit) ? duration.toObject() : duration.get(unit);
  },
  diffToNow(unit = "days") { return DateTime.now().diff(this, unit).get(unit); },
  extract(part = "week") { return this[PARTS[String(part).toLowerCase()] ?? fieldName(part)]; },
  format(format = "yyyy-MM-dd") { return this.toFormat(format); },
  isBetween(one, two) {
    const [a, b] = [toDateTime(one), toDateTime(two)];
    return a <= b ? a < this && this < b : b < this && this < a;
  },
  isDst() { return this.isInDST; },
  isInLast(amount = 0, unit = "minutes") { const now = DateTime.now(); return now.minus(amount, unit) <= this && this <= now; },
  isWeekend() { return this.weekday >= 6; },
  isEmpty() { return false; },
  isNotEmpty() { return true; },
};

function extend() {
  const add = (proto, methods) => {
    for (const key of Object.keys(methods)) {
      Object.defineProperty(proto, key, { value: methods[key], writable: true, enumerable: false, configurable: true });
    }
  };
  add(String.prototype, stringMethods);
  add(Number.prototype, numberMethods);
  add(Boolean.prototype, booleanMethods);
  add(Array.prototype, arrayMethods);
  add(Object.prototype, objectMethods);
  add(DateTime.prototype, dateMethods);
  const forDate = {};
  for (const key of [...Object.keys(dateMethods), "plus", "minus", "startOf", "endOf", "toFormat", "toISO", "toISODate", "toRelative"]) {
    forDate[key] = { [key](...args) {
      const out = DateTime.fromJSDate(this)[key](...args);
      return out instanceof DateTime ? out.toJSDate() : out;
    } }[key];
  }
  add(Date.prototype, { ...forDate, toDateTime() { return DateTime.fromJSDate(this); } });
}
