// templates.ts: what a template may contain. In: a template's text. Out: one sentence for each thing it may not.
// A template shows loops, loads and barriers and puts strings in them; names, #each and #if are all it needs for
// that. Anything that computes or decides belongs into the view it is given.

const deepest = 2;

/** Helpers, arithmetic, blocks other than #each and #if, and blocks inside blocks inside blocks. */
export function findTemplateFaults(path: string, text: string): readonly string[] {
  const faults: string[] = [];
  const open: string[] = [];
  for (const match of text.matchAll(/\{\{\{?(!--[\s\S]*?--|[^}]*)\}?\}\}/g)) {
    const tag = (match[1] ?? "").replace(/^~|~$/g, "").trim();
    const at = `${path}:${text.slice(0, match.index).split("\n").length} {{${tag}}}`;
    if (tag.startsWith("!")) continue;
    if (tag.startsWith("#")) {
      open.push(tag);
      if (!/^#(?:each|if) (?:this\.)?@?[\w.]+$/.test(tag))
        faults.push(`${at} is neither {{#each name}} nor {{#if name}}`);
      if (open.length > deepest) faults.push(`${at} is nested deeper than ${deepest}`);
    } else if (tag.startsWith("/")) {
      open.pop();
    } else if (!/^(?:else|> _[\w-]+|@?[\w.]+)$/.test(tag)) {
      faults.push(`${at} is more than a name`);
    }
  }
  return faults;
}
