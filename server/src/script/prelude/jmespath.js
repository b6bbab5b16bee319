// JMESPath (jmespath.org): lexer, parser and evaluation in one pass over the expression.
function jmespath(data, expression) {
  const tokens = jmesTokens(String(expression));
  let at = 0;
  const peek = () => tokens[at]?.kind;
  const take = (kind) => {
    if (peek() !== kind) throw new SyntaxError(`JMESPath: expected ${kind}, found ${peek() ?? "the end"}`);
    return tokens[at++];
  };
  const eat = (kind) => (peek() === kind ? ((at += 1), true) : false);
  const truthy = (v) => !(v === null || v === undefined || v === false || v === "" || (Array.isArray(v) && v.length === 0) || (plainObject(v) && Object.keys(v).length === 0));
  const field = (name) => (v) => (plainObject(v) && Object.hasOwn(v, name) ? v[name] : null);
  const project = (list, right) => (v) => {
    const found = list(v);
    return Array.isArray(found) ? found.map(right).filter((e) => e !== null && e !== undefined) : null;
  };
  const POWER = { pipe: 1, or: 2, and: 3, compare: 5, flatten: 9, star: 20, filter: 21, dot: 40, not: 45, brace: 50, bracket: 55, paren: 60 };
  const power = () => ({ "|": POWER.pipe, "||": POWER.or, "&&": POWER.and, compare: POWER.compare, "[]": POWER.flatten, "[?": POWER.filter, ".": POWER.dot, "[": POWER.bracket })[peek()] ?? 0;

  // What follows a projection belongs to each of its entries.
  function rest(binding) {
    if (power() < 10) return (v) => v;
    if (peek() === "." ) { at += 1; return afterDot(binding); }
    if (peek() === "[" || peek() === "[?") { const base = (v) => v; return loop(base, binding); }
    throw new SyntaxError("JMESPath: a projection is followed by something odd");
  }
  function afterDot(binding) {
    const kind = peek();
    if (kind === "[") { at += 1; return loop(multiList(), binding); }
    if (kind === "{") { at += 1; return loop(multiHash(), binding); }
    if (kind === "name" || kind === "quoted" || kind === "*" ) return parse(binding);
    throw new SyntaxError("JMESPath: a name is missing behind “.”");
  }
  function multiList() {
    const parts = [];
    do parts.push(parse(0)); while (eat(","));
    take("]");
    return (v) => (v === null || v === undefined ? null : parts.map((part) => part(v)));
  }
  function multiHash() {
    const parts = [];
    do {
      const key = (peek() === "quoted" ? take("quoted") : take("name")).value;
      take(":");
      parts.push([key, parse(0)]);
    } while (eat(","));
    take("}");
    return (v) => (v === null || v === undefined ? null : objectOf(parts.map(([key, part]) => [key, part(v)])));
  }
  function index(left) {
    if (peek() === "*") {
      at += 1; take("]");
      return project(left, rest(POWER.star));
    }
    const parts = [undefined, undefined, undefined];
    let part = 0;
    while (peek() === "number" || peek() === ":") {
      if (eat(":")) { part += 1; if (part > 2) throw new SyntaxError("JMESPath: too many colons in a slice"); } else parts[part] = take("number").value;
    }
    take("]");
    if (part === 0) {
      const n = parts[0];
      if (n === undefined) throw new SyntaxError("JMESPath: an index is missing");
      return (v) => { const list = left(v); return Array.isArray(list) ? list.at(n) ?? null : null; };
    }
    return project((v) => slice(left(v), parts), rest(POWER.star));
  }
  function slice(list, [from, to, step = 1]) {
    if (!Array.isArray(list)) return null;
    if (step === 0) throw new RangeError("JMESPath: a slice can't have step 0");
    const clamp = (n, low, high) => Math.min(Math.max(n < 0 ? n + list.length : n, low), high);
    const out = [];
    if (step > 0) {
      for (let i = clamp(from ?? 0, 0, list.length); i < clamp(to ?? list.length, 0, list.length); i += step) out.push(list[i]);
    } else {
      for (let i = from === undefined ? list.length - 1 : clamp(from, -1, list.length - 1); i > (to === undefined ? -1 : clamp(to, -1, list.length - 1)); i += step) out.push(list[i]);
    }
    return out;
  }
  function first() {
    const token = tokens[at++];
    switch (token?.kind) {
      case "literal": return () => token.value;
      case "@": return (v) => v;
      case "quoted": return field(token.value);
      case "name": {
        if (peek() !== "(") return field(token.value);
        at += 1;
        const args = [];
        if (!eat(")")) {
          do args.push(eat("&") ? { by: parse(0) } : { value: parse(0) }); while (eat(","));
          take(")");
        }
        const call = jmesFunctions[token.value];
        if (!Object.hasOwn(jmesFunctions, token.value)) throw new SyntaxError(`JMESPath: there is no function ${token.value}()`);
        return (v) => call(...args.map((arg) => arg.by ?? arg.value(v)));
      }
      case "!": { const inner = parse(POWER.not); return (v) => !truthy(inner(v)); }
      case "(": { const inner = parse(0); take(")"); return inner; }
      case "*": return project((v) => (plainObject(v) ? Object.values(v) : null), rest(POWER.star));
      case "[]": return project((v) => flatten(v), rest(POWER.flatten));
      case "[?": at -= 1; return loop((v) => v, POWER.filter - 1);
      case "{": return multiHash();
      case "[":
        if (["number", ":"].includes(peek()) || (peek() === "*" && tokens[at + 1]?.kind === "]")) return index((v) => v);
        return multiList();
      default: throw new SyntaxError(`JMESPath: ${token ? `“${token.kind}” stands where a value is expected` : "the expression ends too early"}`);
    }
  }
  const flatten = (v) => (Array.isArray(v) ? v.flat(1) : null);
  const COMPARE = {
    "==": (a, b) => stable(a ?? null) === stable(b ?? null), "!=": (a, b) => stable(a ?? null) !== stable(b ?? null),
    "<": (a, b) => a < b, "<=": (a, b) => a <= b, ">": (a, b) => a > b, ">=": (a, b) => a >= b,
  };
  function loop(start, binding) {
    let left = start;
    while (binding < power()) {
      const l = left;
      const token = tokens[at++];
      switch (token.kind) {
        case "|": { const right = parse(POWER.pipe); left = (v) => right(l(v)); break; }
        case "||": { const right = parse(POWER.or); left = (v) => { const a = l(v); return truthy(a) ? a : right(v); }; break; }
        case "&&": { const right = parse(POWER.and); left = (v) => { const a = l(v); return truthy(a) ? right(v) : a; }; break; }
        case "compare": {
          const right = parse(POWER.compare);
          const ordering = !["==", "!="].includes(token.value);
          left = (v) => { const [a, b] = [l(v), right(v)]; return ordering && (typeof a !== "number" || typeof b !== "number") ? null : COMPARE[token.value](a, b); };
          break;
        }
        case "[]": left = project((v) => flatten(l(v)), rest(POWER.flatten)); break;
        case "[?": {
          const test = parse(0);
          take("]");
          const list = (v) => { const found = l(v); return Array.isArray(found) ? found.filter((e) => truthy(test(e))) : null; };
          left = project(list, rest(POWER.filter));
          break;
        }
        case ".": {
          if (peek() === "*") { at += 1; left = project((v) => { const o = l(v); return plainObject(o) ? Object.values(o) : null; }, rest(POWER.star)); break; }
          const right = afterDot(POWER.dot);
          left = (v) => { const inner = l(v); return inner === null || inner === undefined ? null : right(inner); };
          break;
        }
        default: left = index(l);
      }
    }
    return left;
  }
  function parse(binding) { return loop(first(), binding); }

  const run = parse(0);
  if (at < tokens.length) throw new SyntaxError(`JMESPath: “${peek()}” is not expected here`);
  return run(data);
}

function jmesTokens(text) {
  const pattern = /\s*(?:(\[\?|\[\]|&&|\|\||==|!=|<=|>=)|([A-Za-z_]\w*)|("(?:[^"\\]|\\.)*")|('(?:[^'\\]|\\.)*')|`((?:[^`\\]|\\.)*)`|(-?\d+)|([.[\]{}()|:,@&*!<>]))/y;
  const tokens = [];
  const end = text.trimEnd().length;
  while (pattern.lastIndex < end) {
    const from = pattern.lastIndex;
    const found = pattern.exec(text);
    if (!found) throw new SyntaxError(`JMESPath: unexpected “${text.slice(from).trim()[0]}”`);
    const [, double, name, quoted, raw, literal, number, single] = found;
    const mark = double ?? single;
    if (name !== undefined) tokens.push({ kind: "name", value: name });
    else if (quoted !== undefined) tokens.push({ kind: "quoted", value: JSON.parse(quoted) });
    else if (raw !== undefined) tokens.push({ kind: "literal", value: raw.slice(1, -1).replaceAll("\\'", "'") });
    else if (literal !== undefined) tokens.push({ kind: "literal", value: jmesLiteral(literal.replaceAll("\\`", "`")) });
    else if (number !== undefined) tokens.push({ kind: "number", value: Number(number) });
    else if (/^(?:[=!<>]=|[<>])$/.test(mark)) tokens.push({ kind: "compare", value: mark });
    else tokens.push({ kind: mark });
  }
  return tokens;
}

function jmesLiteral(text) {
  try { return JSON.parse(text); } catch { return text.trim(); }
}

const jmesType = (v) => (v === null || v === undefined ? "null" : Array.isArray(v) ? "array" : typeof v);
const jmesList = (v, name) => { if (!Array.isArray(v)) throw new TypeError(`JMESPath: ${name}() needs a list`); return v; };
const jmesCompare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
const jmesFunctions = {
  abs: (n) => Math.abs(n), ceil: (n) => Math.ceil(n), floor: (n) => Math.floor(n),
  avg: (l) => (jmesList(l, "avg").length ? l.reduce((a, b) => a + b, 0) / l.length : null),
  sum: (l) => jmesList(l, "sum").reduce((a, b) => a + b, 0),
  contains: (v, part) => (typeof v === "string" ? v.includes(part) : jmesList(v, "contains").some((e) => stable(e) === stable(part))),
  starts_with: (t, part) => String(t).startsWith(part), ends_with: (t, part) => String(t).endsWith(part),
  join: (glue, l) => jmesList(l, "join").join(glue),
  keys: (o) => Object.keys(o), values: (o) => Object.values(o),
  length: (v) => (typeof v === "string" || Array.isArray(v) ? v.length : Object.keys(v).length),
  map: (by, l) => jmesList(l, "map").map((e) => by(e) ?? null),
  max: (l) => (jmesList(l, "max").length ? l.reduce((a, b) => (a >= b ? a : b)) : null),
  min: (l) => (jmesList(l, "min").length ? l.reduce((a, b) => (a <= b ? a : b)) : null),
  max_by: (l, by) => (jmesList(l, "max_by").length ? l.reduce((a, b) => (by(a) >= by(b) ? a : b)) : null),
  min_by: (l, by) => (jmesList(l, "min_by").length ? l.reduce((a, b) => (by(a) <= by(b) ? a : b)) : null),
  merge: (...all) => Object.assign({}, ...all),
  not_null: (...all) => all.find((v) => v !== null && v !== undefined) ?? null,
  reverse: (v) => (typeof v === "string" ? [...v].reverse().join("") : [...jmesList(v, "reverse")].reverse()),
  sort: (l) => [...jmesList(l, "sort")].sort(jmesCompare),
  sort_by: (l, by) => [...jmesList(l, "sort_by")].sort((a, b) => jmesCompare(by(a), by(b))),
  to_array: (v) => (Array.isArray(v) ? v : [v]),
  to_string: (v) => (typeof v === "string" ? v : JSON.stringify(v)),
  to_number: (v) => { const n = typeof v === "number" ? v : typeof v === "string" && v.trim() !== "" ? Number(v) : NaN; return Number.isNaN(n) ? null : n; },
  type: jmesType,
};
