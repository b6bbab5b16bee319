// The code editor, loaded when a field needs it.
import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { javascript, javascriptLanguage } from "@codemirror/lang-javascript";
import { json, jsonParseLinter } from "@codemirror/lang-json";
import { HighlightStyle, bracketMatching, foldGutter, foldKeymap, indentOnInput, syntaxHighlighting } from "@codemirror/language";
import { linter, lintKeymap } from "@codemirror/lint";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { Compartment, EditorState } from "@codemirror/state";
import { EditorView, drawSelection, highlightActiveLine, highlightActiveLineGutter, highlightSpecialChars, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";

// Colours come from the design tokens, so they follow the theme by themselves.
const colours = HighlightStyle.define([
  { tag: [tags.keyword, tags.modifier, tags.controlKeyword, tags.operatorKeyword], color: "var(--code-kw)" },
  { tag: [tags.string, tags.special(tags.string), tags.regexp], color: "var(--code-str)" },
  { tag: [tags.number, tags.bool, tags.null, tags.atom], color: "var(--code-num)" },
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--code-key)" },
  { tag: [tags.comment, tags.lineComment, tags.blockComment], color: "var(--text-3)", fontStyle: "italic" },
  { tag: [tags.function(tags.variableName), tags.function(tags.propertyName)], color: "var(--expr)" },
  { tag: tags.invalid, color: "var(--err)" },
]);

const look = EditorView.theme({
  "&": { color: "var(--text)", backgroundColor: "var(--bg-surface)", fontSize: "12px", height: "100%" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--font-mono)", lineHeight: "20px" },
  ".cm-content": { caretColor: "var(--accent)", padding: "6px 0" },
  ".cm-cursor": { borderLeftColor: "var(--accent)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": { backgroundColor: "var(--accent-tint)" },
  ".cm-gutters": { backgroundColor: "var(--bg-sunken)", color: "var(--text-3)", borderRight: "1px solid var(--line-subtle)" },
  ".cm-activeLine": { backgroundColor: "transparent" },
  "&.cm-focused .cm-activeLine": { backgroundColor: "color-mix(in srgb, var(--bg-hover) 60%, transparent)" },
  ".cm-activeLineGutter": { backgroundColor: "var(--bg-hover)" },
  ".cm-matchingBracket, &.cm-focused .cm-matchingBracket": { backgroundColor: "var(--accent-tint)", outline: "1px solid var(--accent-line)" },
  ".cm-selectionMatch": { backgroundColor: "var(--bg-active)" },
  ".cm-tooltip": { backgroundColor: "var(--bg-raised)", color: "var(--text)", border: "1px solid var(--line)", borderRadius: "6px", boxShadow: "var(--e-2)" },
  ".cm-tooltip-autocomplete > ul": { fontFamily: "var(--font-mono)" },
  ".cm-tooltip-autocomplete > ul > li[aria-selected]": { backgroundColor: "var(--bg-active)", color: "var(--text)" },
  ".cm-completionDetail": { color: "var(--text-3)", fontStyle: "normal", marginLeft: "12px" },
  ".cm-panels": { backgroundColor: "var(--bg-sunken)", color: "var(--text)" },
});

/** Offers the given words as whole expressions: `$json.total` is one. */
const offer = (words) => (context) => {
  const before = context.matchBefore(/[$\w.'"()[\]]+/);
  if (!before && !context.explicit) return null;
  return { from: before ? before.from : context.pos, options: words.map(({ label, detail }) => ({ label, detail })), validFor: /^[$\w.'"()[\]]*$/ };
};

/**
 * Puts an editor into `el`.
 * @returns {{setDoc(text: string): void, setReadOnly(on: boolean): void, destroy(): void}}
 */
export function mount(el, { doc = "", language = "", label = "", readOnly = false, onChange, completions = [] }) {
  const nonce = document.querySelector("script[nonce]")?.nonce;
  const access = new Compartment();
  let quiet = false;
  const extensions = [
    lineNumbers(), foldGutter(), history(), highlightSpecialChars(), drawSelection(), indentOnInput(), bracketMatching(), closeBrackets(),
    highlightActiveLine(), highlightActiveLineGutter(), highlightSelectionMatches(), syntaxHighlighting(colours), look, EditorView.lineWrapping,
    autocompletion({ activateOnTyping: true }),
    // Esc then Tab leaves the editor, as CodeMirror's own help for keyboards says.
    keymap.of([...closeBracketsKeymap, ...completionKeymap, ...defaultKeymap, ...searchKeymap, ...historyKeymap, ...foldKeymap, ...lintKeymap, indentWithTab]),
    access.of(EditorState.readOnly.of(readOnly)),
    EditorView.contentAttributes.of({ "aria-label": label }),
    EditorView.updateListener.of((update) => {
      if (update.docChanged && !quiet) onChange?.(update.state.doc.toString());
    }),
  ];
  if (nonce) extensions.push(EditorView.cspNonce.of(nonce));
  if (language === "javascript") extensions.push(javascript(), javascriptLanguage.data.of({ autocomplete: offer(completions) }));
  if (language === "json") {
    const parse = jsonParseLinter();
    // A template is not JSON until it has run.
    extensions.push(json(), linter((view) => (view.state.doc.length === 0 || view.state.doc.toString().includes("{{") ? [] : parse(view))));
  }
  const view = new EditorView({ parent: el, state: EditorState.create({ doc, extensions }) });
  return {
    setDoc(text) {
      if (text === view.state.doc.toString()) return;
      quiet = true;
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } });
      quiet = false;
    },
    setReadOnly: (on) => view.dispatch({ effects: access.reconfigure(EditorState.readOnly.of(on)) }),
    destroy: () => view.destroy(),
  };
}
