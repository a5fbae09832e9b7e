// violations.ts: the rules of the architecture as functions. In: sources. Out: sentences, one for each broken rule,
// that name the file and the line. Each rule is a function of its own, so that a test can show that it can fail.

import { impureWords, isWithin, packages, ruleFor, targetWords } from "./layers.ts";
import type { SourceFile } from "./sources.ts";

export const maximumFileLines = 400;
export const maximumFunctionLines = 60;

/** Imports that the layer table does not allow; a file without a row, and a package without one, are found too. */
export function findForbiddenImports(file: SourceFile): readonly string[] {
  const rule = ruleFor(file.path);
  if (rule === undefined) return [`${file.path} stands in no row of test/support/layers.ts`];
  const folder = folderOf(file.path);
  return file.imports
    .filter((target) => !(isPackage(target) ? isKnownPackage(file.path, target) : isAllowed(target)))
    .map((target) => `${file.path} may not import ${target}`);

  function isAllowed(target: string): boolean {
    return folderOf(target) === folder || isWithin(target, [...(rule?.mayImport ?? []), ...inner()]);
  }
  // A folder's files may import one another, subfolders included; a file with a row of its own keeps to that row.
  function inner(): readonly string[] {
    return rule?.path.endsWith("/") === true ? [rule.path] : [];
  }
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/") + 1);
}

function isPackage(target: string): boolean {
  return !/^(?:src|grammar|test|scripts|bench|bin|templates)\//.test(target);
}

function isKnownPackage(path: string, target: string): boolean {
  return packages.some(
    ({ name, by }) => (name.endsWith(":") ? target.startsWith(name) : target === name) && isWithin(path, by),
  );
}

/** Chains of imports that end where they began, each once, starting at its first file by name. */
export function findCycles(files: readonly SourceFile[]): readonly string[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const done = new Set<string>();
  const cycles = new Set<string>();
  const visit = (path: string, chain: readonly string[]): void => {
    const begin = chain.indexOf(path);
    if (begin >= 0) {
      const loop = chain.slice(begin);
      const first = loop.indexOf([...loop].sort()[0] ?? path);
      const turned = [...loop.slice(first), ...loop.slice(0, first)];
      cycles.add([...turned, turned[0]].join(" → "));
    } else if (!done.has(path)) {
      for (const target of byPath.get(path)?.imports ?? []) visit(target, [...chain, path]);
      done.add(path);
    }
  };
  for (const { path } of files) visit(path, []);
  return [...cycles];
}

/** Clocks, randomness, files and the network outside the folders that may touch them. */
export function findImpurities(file: SourceFile): readonly string[] {
  return isWithin(file.path, impureWords.allowedIn) ? [] : wordsIn(file.path, file.code, impureWords.pattern);
}

/** process.env outside knobs.ts, but for what a terminal says of itself. */
export function findEnvironmentReaders(file: SourceFile): readonly string[] {
  return file.path === "src/knobs.ts"
    ? []
    : wordsIn(file.path, file.code, /\bprocess\.env\b(?!\.(?:TERM|NO_COLOR)\b)/g);
}

/** Names of one target where the compiler must not know it; paths of imports do not count. */
export function findTargetWords(file: SourceFile): readonly string[] {
  if (isWithin(file.path, targetWords.allowedIn)) return [];
  const withoutImports = file.strings.split("\n").map((line, i) => {
    const code = file.code.split("\n")[i] ?? "";
    return /^\s*(?:import|export)\b|^\} from /.test(code) ? "" : line;
  });
  return [
    ...wordsIn(file.path, file.code, targetWords.pattern),
    ...wordsIn(file.path, withoutImports.join("\n"), targetWords.pattern),
  ];
}

/** `any`, `!` after a value, and comments that switch a checker off. */
export function findTypeHoles(file: SourceFile): readonly string[] {
  return [
    ...wordsIn(file.path, file.code, /(?<=[:<|&,(]\s*|\bas )any\b/g),
    ...wordsIn(file.path, file.code, /(?<=[\w)\]])!(?!=)/g),
    ...wordsIn(file.path, file.comments, /@ts-\w+|biome-ignore-all/g),
  ];
}

/** Enums, namespaces, default exports, and names of files and folders that say nothing. */
export function findBannedForms(file: SourceFile): readonly string[] {
  const banned = /(?:^|[/-])(?:utils?|helpers?|common|misc|types-all|shared)(?:[/.-]|$)/;
  const isNamedWell = /^(?:[a-z0-9-]+\/)*[a-z0-9]+(?:-[a-z0-9]+)*(?:\.(?:generated|test|config|bench))?\.ts$/;
  return [
    ...wordsIn(file.path, file.code, /^\s*(?:export )?(?:const )?(?:enum|namespace) \w+/gm),
    ...wordsIn(file.path, file.code, /^export default\b/gm),
    ...(banned.test(file.path) || !isNamedWell.test(file.path)
      ? [`${file.path} is not a name that says something`]
      : []),
  ];
}

/** Files and functions that are too long to read in one go. */
export function findLongParts(file: SourceFile): readonly string[] {
  const lineCount = file.text.trimEnd().split("\n").length;
  return [
    ...(lineCount > maximumFileLines ? [`${file.path} has ${lineCount} lines`] : []),
    ...functionsOf(file)
      .filter(({ lineCount }) => lineCount > maximumFunctionLines)
      .map(({ name, line, lineCount }) => `${file.path}:${line} ${name} has ${lineCount} lines`),
  ];
}

/** A declaration, or a line that a function's body opens at the end of: an arrow, a method of an object. */
const functionStart = /^(\s*)(?:(?:export )?(?:async )?function\*? (\w+)|(?:const )?(\w+)?\b.*=> \{$)/;

type FunctionPart = { readonly name: string; readonly line: number; readonly lineCount: number };

/** Functions by name; the functions inside one count for themselves, not for it. */
function functionsOf(file: SourceFile): readonly FunctionPart[] {
  const lines = file.code.split("\n");
  const spans = lines.flatMap((line, begin) => {
    // Formatted code closes a function with a brace below its first character.
    const start = functionStart.exec(line);
    if (start === null) return [];
    const length = lines.slice(begin).findIndex((each) => each.startsWith(`${start[1]}}`)) + 1;
    return [
      {
        name: start[2] ?? start[3] ?? "a function",
        begin,
        end: begin + length,
        indent: (start[1] ?? "").length,
      },
    ];
  });
  return spans.map(({ name, begin, end }) => {
    const inside = spans.filter((other) => other.begin > begin && other.end <= end);
    const shallowest = Math.min(...inside.map(({ indent }) => indent));
    const nested = inside.filter(({ indent }) => indent === shallowest);
    const nestedLines = nested.reduce((sum, other) => sum + other.end - other.begin, 0);
    return { name, line: begin + 1, lineCount: end - begin - nestedLines };
  });
}

/** A file opens with its name and says what comes in and what goes out. */
export function findMissingOpening(file: SourceFile): readonly string[] {
  const opening: string[] = [];
  for (const line of file.text.replace(/^#!.*\n/, "").split("\n")) {
    if (!line.startsWith("//")) break;
    opening.push(line);
  }
  const name = file.path.slice(file.path.lastIndexOf("/") + 1);
  if (opening.length < 2) return [`${file.path} opens with ${opening.length} lines of comment`];
  return opening[0]?.startsWith(`// ${name}: `) === true
    ? []
    : [`${file.path} does not open with "// ${name}: "`];
}

function wordsIn(path: string, text: string, pattern: RegExp): readonly string[] {
  return [...text.matchAll(pattern)].map((match) => {
    const line = text.slice(0, match.index).split("\n").length;
    return `${path}:${line} ${match[0].trim()}`;
  });
}
