// Names of days and months, and how numbers are written, for the languages that the app speaks.
const NAMES = {
  en: {
    months: ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"],
    monthsShort: ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
    days: ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
    daysShort: ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"],
  },
  pt: {
    months: ["janeiro", "fevereiro", "março", "abril", "maio", "junho", "julho", "agosto", "setembro", "outubro", "novembro", "dezembro"],
    monthsShort: ["jan.", "fev.", "mar.", "abr.", "mai.", "jun.", "jul.", "ago.", "set.", "out.", "nov.", "dez."],
    days: ["segunda-feira", "terça-feira", "quarta-feira", "quinta-feira", "sexta-feira", "sábado", "domingo"],
    daysShort: ["seg.", "ter.", "qua.", "qui.", "sex.", "sáb.", "dom."],
  },
};

const language = (locale) => String(locale ?? "en-US").toLowerCase().split("-")[0];
const names = (locale) => NAMES[language(locale)] ?? NAMES.en;

// Language → thousands, decimal.
const SEPARATORS = {
  en: [",", "."], ja: [",", "."], zh: [",", "."], ko: [",", "."],
  pt: [".", ","], de: [".", ","], es: [".", ","], it: [".", ","], nl: [".", ","], id: [".", ","], tr: [".", ","],
  fr: ["\u202f", ","], ru: ["\u00a0", ","], pl: ["\u00a0", ","], sv: ["\u00a0", ","], nb: ["\u00a0", ","], cs: ["\u00a0", ","],
};
const CURRENCIES = { USD: "$", BRL: "R$", EUR: "€", GBP: "£", JPY: "¥", INR: "₹" };

function formatNumber(number, locale, options = {}) {
  if (!Number.isFinite(number)) return Number.isNaN(number) ? "NaN" : number > 0 ? "∞" : "-∞";
  const [thousands, decimal] = SEPARATORS[language(locale)] ?? SEPARATORS.en;
  const style = options.style ?? "decimal";
  const value = style === "percent" ? number * 100 : number;
  const least = options.minimumFractionDigits ?? (style === "currency" ? 2 : 0);
  const most = Math.max(least, options.maximumFractionDigits ?? (style === "currency" ? 2 : style === "percent" ? 0 : 3));
  let [whole, fraction = ""] = Math.abs(value).toFixed(Math.min(most, 100)).split(".");
  while (fraction.length > least && fraction.endsWith("0")) fraction = fraction.slice(0, -1);
  if (options.useGrouping !== false) whole = whole.replace(/\B(?=(\d{3})+$)/g, thousands);
  const zero = /^[0.,\s]*$/.test(whole) && /^0*$/.test(fraction);
  let text = (value < 0 && !zero ? "-" : "") + whole + (fraction ? decimal + fraction : "");
  if (style === "percent") text += language(locale) === "en" || language(locale) === "pt" ? "%" : "\u00a0%";
  if (style === "currency") {
    const code = String(options.currency ?? "USD").toUpperCase();
    const sign = CURRENCIES[code] ?? code;
    if (decimal === ".") text = text.replace(/^-?/, (minus) => minus + sign);
    else if (language(locale) === "pt") text = text.replace(/^-?/, (minus) => `${minus}${sign}\u00a0`);
    else text = `${text}\u00a0${sign}`;
  }
  return text;
}
