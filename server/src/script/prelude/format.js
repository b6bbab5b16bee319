// Luxon's format tokens, written and read.
const TOKENS = /'([^']*)'|(y{1,6}|M{1,5}|L{1,5}|d{1,2}|o{1,3}|h{1,2}|H{1,2}|m{1,2}|s{1,2}|S{1,3}|u{1,3}|Z{1,5}|z|a|E{1,5}|c{1,5}|W{1,2}|k{2,4}|q{1,2}|D{1,4}|t{1,4}|T{1,4}|X|x|G)/g;

function writeFormat(at, format, locale) {
  return format.replace(TOKENS, (token, quoted) => (quoted !== undefined ? quoted : writeToken(at, token, locale)));
}

function writeToken(at, token, locale) {
  const words = names(locale);
  const twelve = at.hour % 12 === 0 ? 12 : at.hour % 12;
  switch (token) {
    case "y": return String(at.year);
    case "yy": return pad(at.year % 100);
    case "yyyy": return pad(at.year, 4);
    case "yyyyyy": return pad(at.year, 6);
    case "M": case "L": return String(at.month);
    case "MM": case "LL": return pad(at.month);
    case "MMM": case "LLL": return words.monthsShort[at.month - 1];
    case "MMMM": case "LLLL": return words.months[at.month - 1];
    case "MMMMM": case "LLLLL": return words.months[at.month - 1][0].toUpperCase();
    case "d": return String(at.day);
    case "dd": return pad(at.day);
    case "o": return String(at.ordinal);
    case "ooo": return pad(at.ordinal, 3);
    case "h": return String(twelve);
    case "hh": return pad(twelve);
    case "H": return String(at.hour);
    case "HH": return pad(at.hour);
    case "m": return String(at.minute);
    case "mm": return pad(at.minute);
    case "s": return String(at.second);
    case "ss": return pad(at.second);
    case "S": return String(at.millisecond);
    case "SSS": case "u": return pad(at.millisecond, 3);
    case "uu": return pad(Math.floor(at.millisecond / 10));
    case "uuu": return String(Math.floor(at.millisecond / 100));
    case "Z": return shortOffset(at.offset);
    case "ZZ": return offsetText(at.offset);
    case "ZZZ": return offsetText(at.offset, "");
    case "ZZZZ": return at.offsetNameShort;
    case "ZZZZZ": return at.offsetNameLong;
    case "z": return at.zoneName;
    case "a": return at.hour < 12 ? "AM" : "PM";
    case "E": case "c": return String(at.weekday);
    case "EEE": case "ccc": return words.daysShort[at.weekday - 1];
    case "EEEE": case "cccc": return words.days[at.weekday - 1];
    case "EEEEE": case "ccccc": return words.days[at.weekday - 1][0].toUpperCase();
    case "W": return String(at.weekNumber);
    case "WW": return pad(at.weekNumber);
    case "kk": return pad(at.weekYear % 100);
    case "kkkk": return pad(at.weekYear, 4);
    case "q": return String(at.quarter);
    case "qq": return pad(at.quarter);
    case "D": return localeText(at, DateTime.DATE_SHORT, locale);
    case "DD": return localeText(at, DateTime.DATE_MED, locale);
    case "DDD": return localeText(at, DateTime.DATE_FULL, locale);
    case "DDDD": return localeText(at, DateTime.DATE_HUGE, locale);
    case "t": return localeText(at, DateTime.TIME_SIMPLE, locale);
    case "tt": return localeText(at, DateTime.TIME_WITH_SECONDS, locale);
    case "T": return `${pad(at.hour)}:${pad(at.minute)}`;
    case "TT": return `${pad(at.hour)}:${pad(at.minute)}:${pad(at.second)}`;
    case "X": return String(Math.floor(at.toMillis() / 1000));
    case "x": return String(at.toMillis());
    case "G": return at.year > 0 ? "AD" : "BC";
    default: return token;
  }
}

function shortOffset(minutes) {
  const rest = Math.abs(minutes) % 60;
  return `${minutes < 0 ? "-" : "+"}${Math.trunc(Math.abs(minutes) / 60)}${rest ? `:${pad(rest)}` : ""}`;
}

const escapeRegExp = (text) => text.replace(/[.*+?^${}()|[\]\\/-]/g, "\\$&");

// Reads text by a format: the fields, an offset, a zone, or an instant; `undefined` when it does not fit.
function readFormat(text, format, locale) {
  const words = names(locale);
  const reads = [];
  const anyOf = (list) => `(${list.map((word) => escapeRegExp(word)).join("|")})`;
  const field = (pattern, name, read = Number) => { reads.push((out, found) => { out.given[name] = read(found); }); return pattern; };
  const indexOf = (list) => (found) => list.findIndex((word) => word.toLowerCase() === found.toLowerCase()) + 1;
  const ignore = (pattern) => { reads.push(() => {}); return pattern; };
  const token = (name) => {
    switch (name) {
      case "y": return field("(\\d{1,6})", "year");
      case "yy": return field("(\\d{2})", "year", (found) => Number(found) + (Number(found) > 60 ? 1900 : 2000));
      case "yyyy": return field("(\\d{4})", "year");
      case "yyyyyy": return field("([-+]?\\d{6})", "year");
      case "M": case "L": return field("(\\d{1,2})", "month");
      case "MM": case "LL": return field("(\\d{2})", "month");
      case "MMM": case "LLL": return field(anyOf(words.monthsShort), "month", indexOf(words.monthsShort));
      case "MMMM": case "LLLL": return field(anyOf(words.months), "month", indexOf(words.months));
      case "d": return field("(\\d{1,2})", "day");
      case "dd": return field("(\\d{2})", "day");
      case "o": return field("(\\d{1,3})", "ordinal");
      case "ooo": return field("(\\d{3})", "ordinal");
      case "H": case "h": return field("(\\d{1,2})", "hour");
      case "HH": case "hh": return field("(\\d{2})", "hour");
      case "m": return field("(\\d{1,2})", "minute");
      case "mm": return field("(\\d{2})", "minute");
      case "s": return field("(\\d{1,2})", "second");
      case "ss": return field("(\\d{2})", "second");
      case "S": return field("(\\d{1,3})", "millisecond");
      case "SSS": return field("(\\d{3})", "millisecond");
      case "u": case "uu": case "uuu": return field("(\\d{1,9})", "millisecond", (found) => Math.trunc(Number(`0.${found}`) * 1000));
      case "a": reads.push((out, found) => { out.half = found.toLowerCase().startsWith("p") ? 12 : 0; }); return "([AaPp]\\.?[Mm]\\.?)";
      case "EEE": case "ccc": return ignore(anyOf(words.daysShort));
      case "EEEE": case "cccc": return ignore(anyOf(words.days));
      case "E": case "c": return field("([1-7])", "weekday");
      case "W": return field("(\\d{1,2})", "weekNumber");
      case "WW": return field("(\\d{2})", "weekNumber");
      case "kkkk": return field("(\\d{4})", "weekYear");
      case "Z": reads.push((out, found) => { out.offset = found.replace(/^([-+])(\d)(?!\d)/, "$10$2"); }); return "([-+]\\d{1,2}(?::?\\d{2})?)";
      case "ZZ": case "ZZZ": reads.push((out, found) => { out.offset = found; }); return "([-+]\\d{2}:?\\d{2}|Z)";
      case "z": reads.push((out, found) => { out.zone = found; }); return "([A-Za-z_+-]+(?:\\/[A-Za-z0-9_+-]+)*)";
      case "X": reads.push((out, found) => { out.millis = Number(found) * 1000; }); return "([-+]?\\d+(?:\\.\\d{1,3})?)";
      case "x": reads.push((out, found) => { out.millis = Number(found); }); return "([-+]?\\d+)";
      default: return escapeRegExp(name);
    }
  };
  let pattern = "^";
  let at = 0;
  for (const found of format.matchAll(TOKENS)) {
    pattern += escapeRegExp(format.slice(at, found.index)) + (found[1] !== undefined ? escapeRegExp(found[1]) : token(found[2]));
    at = found.index + found[0].length;
  }
  pattern += `${escapeRegExp(format.slice(at))}$`;
  const found = new RegExp(pattern, "i").exec(text);
  if (!found) return undefined;
  const out = { given: {} };
  reads.forEach((read, i) => read(out, found[i + 1]));
  if (out.half !== undefined && out.given.hour !== undefined) out.given.hour = (out.given.hour % 12) + out.half;
  return out;
}

const PRESETS = {
  DATE_SHORT: { year: "numeric", month: "numeric", day: "numeric" },
  DATE_MED: { year: "numeric", month: "short", day: "numeric" },
  DATE_MED_WITH_WEEKDAY: { year: "numeric", month: "short", day: "numeric", weekday: "short" },
  DATE_FULL: { year: "numeric", month: "long", day: "numeric" },
  DATE_HUGE: { year: "numeric", month: "long", day: "numeric", weekday: "long" },
  TIME_SIMPLE: { hour: "numeric", minute: "numeric" },
  TIME_WITH_SECONDS: { hour: "numeric", minute: "numeric", second: "numeric" },
  TIME_24_SIMPLE: { hour: "numeric", minute: "numeric", hourCycle: "h23" },
  TIME_24_WITH_SECONDS: { hour: "numeric", minute: "numeric", second: "numeric", hourCycle: "h23" },
  DATETIME_SHORT: { year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric" },
  DATETIME_SHORT_WITH_SECONDS: { year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric" },
  DATETIME_MED: { year: "numeric", month: "short", day: "numeric", hour: "numeric", minute: "numeric" },
  DATETIME_FULL: { year: "numeric", month: "long", day: "numeric", hour: "numeric", minute: "numeric" },
  DATETIME_HUGE: { year: "numeric", month: "long", day: "numeric", weekday: "long", hour: "numeric", minute: "numeric" },
};
for (const [name, preset] of Object.entries(PRESETS)) DateTime[name] = Object.freeze(preset);

const STYLES = { short: "DATE_SHORT", medium: "DATE_MED", long: "DATE_FULL", full: "DATE_HUGE" };

// A date as people write it, in English and Portuguese; other languages get ISO-like numbers in their order of fields.
function localeText(at, options, locale) {
  const shown = options.dateStyle || options.timeStyle
    ? { ...(options.dateStyle ? PRESETS[STYLES[options.dateStyle] ?? "DATE_MED"] : {}), ...(options.timeStyle ? PRESETS.TIME_SIMPLE : {}) }
    : options;
  const portuguese = language(locale) === "pt";
  const zoned = options.timeZone ? at.setZone(options.timeZone) : at;
  const words = names(locale);
  const number = (value, style) => (style === "2-digit" || portuguese ? pad(value) : String(value));
  let date = "";
  const year = shown.year === "2-digit" ? pad(zoned.year % 100) : shown.year ? String(zoned.year) : "";
  const month = shown.month && ["long", "short"].includes(shown.month) ? (shown.month === "long" ? words.months : words.monthsShort)[zoned.month - 1] : "";
  if (month && portuguese) date = [shown.day && String(zoned.day), month, year].filter(Boolean).join(" de ");
  else if (month) date = [[month, shown.day && String(zoned.day)].filter(Boolean).join(" "), year].filter(Boolean).join(shown.day ? ", " : " ");
  else if (language(locale) === "en" && !/GB|AU|NZ|IE/i.test(locale)) date = [shown.month && number(zoned.month, shown.month), shown.day && number(zoned.day, shown.day), year].filter(Boolean).join("/");
  else date = [shown.day && number(zoned.day, shown.day), shown.month && number(zoned.month, shown.month), year].filter(Boolean).join(language(locale) === "de" ? "." : "/");
  const day = shown.weekday ? (shown.weekday === "long" ? words.days : words.daysShort)[zoned.weekday - 1] : "";
  let clock = "";
  if (shown.hour || shown.minute || shown.second) {
    const twelve = language(locale) === "en" && shown.hour12 !== false && shown.hourCycle !== "h23";
    const hour = twelve ? String(zoned.hour % 12 === 0 ? 12 : zoned.hour % 12) : pad(zoned.hour);
    clock = [hour, shown.minute && pad(zoned.minute), shown.second && pad(zoned.second)].filter(Boolean).join(":") + (twelve ? (zoned.hour < 12 ? " AM" : " PM") : "");
  }
  return [[day, date].filter(Boolean).join(", "), clock].filter(Boolean).join(", ");
}
