// terminal-text.ts: text with a terminal's colours as nodes of a page.
// In: what the command line would print, with its escape sequences. Out: spans by colour; the words are the same.

import { make } from "./dom.ts";

const styles: Readonly<Record<string, string>> = {
  "1": "t-bold",
  "31": "t-red",
  "33": "t-yellow",
  "34": "t-blue",
  "36": "t-cyan",
};

/** Nodes in order; an unknown colour is no colour. */
export function terminalNodes(text: string): readonly (Node | string)[] {
  let style: string | undefined;
  return text.split("\u001b[").flatMap((part, i): readonly (Node | string)[] => {
    const [code, rest] = i === 0 ? [undefined, part] : splitCode(part);
    if (code !== undefined) style = styles[code];
    if (rest === "") return [];
    return [style === undefined ? rest : make("span", { class: style }, rest)];
  });
}

function splitCode(part: string): readonly [code: string, rest: string] {
  const end = part.indexOf("m");
  return [part.slice(0, end), part.slice(end + 1)];
}
