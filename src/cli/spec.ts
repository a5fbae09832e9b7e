// spec.ts: a file named on the command line → checked models.
// In: a path. Out: the models of its variants, or a message (unreadable file) or diagnostics (mistakes in it).

import { readFileSync, statSync } from "node:fs";
import { checkAllSource, type Diagnostic, hasErrors, loadFiles, type Model, type Source } from "../index.ts";
import { Failure, Reported, systemReason } from "./failure.ts";
import { showDiagnostics } from "./output.ts";

export type Spec = {
  readonly file: string;
  /** By variant, or by the model's own name where there is none; empty for a file of layers. */
  readonly models: ReadonlyMap<string, Model>;
  readonly variants: readonly string[];
  readonly compare: readonly string[];
  readonly diagnostics: readonly Diagnostic[];
};

/** Larger files are refused before they are read; the parser has a limit of its own below this one. */
const largestBytes = 16 * 2 ** 20;

/** Reads a spec's text; throws `Failure` for whatever is no readable file. */
export function readSource(file: string): Source {
  try {
    const status = statSync(file);
    if (status.isDirectory()) throw new Failure(`${file} is a folder`, "name a .mot file in it");
    if (!status.isFile()) throw new Failure(`${file} is not a file`);
    if (status.size > largestBytes)
      throw new Failure(`${file} is too large for a spec: ${Math.round(status.size / 2 ** 20)} MiB`);
    return { name: file, text: readFileSync(file, "utf8") };
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure(`cannot read ${file}: ${systemReason(error)}`);
  }
}

/** The text of an imported file, or nothing where it cannot be read. */
export function readImport(path: string): Source | undefined {
  try {
    return readSource(path);
  } catch {
    return undefined;
  }
}

/** Checks a file under all its variants; mistakes are in `diagnostics`. */
export function checkFile(file: string): Spec {
  const { models, variants, compare, diagnostics } = checkAllSource(readSource(file), readImport);
  return { file, models, variants, compare, diagnostics };
}

/** Checks a file and shows what is wrong with it; throws `Reported` if anything is. */
export function loadSpec(file: string): Spec {
  const spec = checkFile(file);
  showDiagnostics(spec.diagnostics);
  if (hasErrors(spec.diagnostics)) throw new Reported(spec.diagnostics);
  if (spec.models.size === 0)
    throw new Failure(
      `${file} declares no model`,
      "a file of layers is for `import`; name the file with the model",
    );
  return spec;
}

/** One variant by name, the first where none is named. */
export function pickVariant(spec: Spec, name: string | undefined): Model {
  const model = spec.models.get(name ?? [...spec.models.keys()][0] ?? "");
  if (model !== undefined) return model;
  const known = [...spec.models.keys()].join(", ");
  throw new Failure(
    `${spec.file} has no variant \`${name}\``,
    spec.models.size === 1 ? `the only one is ${known}` : `the variants are ${known}`,
  );
}

/** The spec as one text without imports, to be kept with a run; imported files come first. */
export function flatText(file: string): string {
  const { files } = loadFiles(readSource(file), readImport);
  if (files.length === 1) return files[0]?.source.text ?? "";
  return files
    .map(({ source, items }) => {
      const imports = items.filter((item) => item.kind === "import");
      const text = imports.reduceRight(
        (rest, { span }) => rest.slice(0, span.start) + rest.slice(span.end),
        source.text,
      );
      return `// from ${source.name}\n${text.trim()}\n`;
    })
    .join("\n");
}
