// Loads the browser half, then hands the page over to it. A page that stays without it says so.
const portuguese = document.documentElement.lang.toLowerCase().startsWith("pt");
const words = portuguese
  ? { text: "A página parou de funcionar. Recarregue-a; o que foi salvo continua salvo.", button: "Recarregar" }
  : { text: "The page stopped working. Reload it; what was saved is safe.", button: "Reload" };

function stopped(error) {
  console.error(error);
  if (document.getElementById("boot-stopped")) return;
  const banner = document.createElement("div");
  banner.id = "boot-stopped";
  banner.className = "boot-stopped";
  banner.setAttribute("role", "alert");
  Object.assign(banner.style, {
    position: "fixed", insetInline: "0", bottom: "0", zIndex: "2147483647", display: "flex", gap: "12px",
    alignItems: "center", justifyContent: "center", padding: "10px 16px", background: "#7a1f1f", color: "#fff",
  });
  const text = document.createElement("span");
  text.textContent = words.text;
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = words.button;
  Object.assign(button.style, { font: "inherit", padding: "4px 12px", color: "#000", background: "#fff", border: "0", borderRadius: "6px" });
  button.addEventListener("click", () => location.reload());
  banner.append(text, button);
  document.body.append(banner);
}

// After a panic the module's memory can't be trusted: nothing on the page works any more.
const fatal = (error) => error instanceof WebAssembly.RuntimeError;
addEventListener("error", (event) => fatal(event.error) && stopped(event.error));
addEventListener("unhandledrejection", (event) => fatal(event.reason) && stopped(event.reason));

// Where the other files of this build are, for what is loaded when it is needed: `fluxoAssets["codemirror.js"]`.
globalThis.fluxoAssets = Object.freeze("__ASSETS__");

try {
  const app = await import("./__APP_JS__");
  await app.default({ module_or_path: new URL("./__APP_WASM__", import.meta.url) });
  await app.hydrate();
} catch (error) {
  stopped(error);
}
