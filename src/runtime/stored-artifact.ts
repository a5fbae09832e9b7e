// stored-artifact.ts: an artifact as files: JSON with every size and address, and the texts that run, each in a file.
// In: an artifact. Out: the JSON and the texts; and from those, read in whatever way, the artifact again.
// A text stands in its file alone, so what somebody changes there is what runs.

import {
  type Artifact,
  artifactFormat,
  type CudaKernel,
  type CudaProgram,
  type WasmProgram,
  type WgslProgram,
} from "../targets/artifact.ts";

export type StoredText = {
  /** As programs call it. */
  readonly name: string;
  /** Relative to the JSON, with slashes. */
  readonly path: string;
  readonly text: string;
};

/** What stands in the JSON in place of a program: paths instead of texts. */
type StoredProgram =
  | (Omit<WgslProgram, "shaders"> & {
      readonly shaders: readonly { readonly name: string; readonly path: string }[];
    })
  | (Omit<CudaProgram, "kernels"> & {
      readonly kernels: readonly (Omit<CudaKernel, "source"> & { readonly path: string })[];
    })
  | (Omit<WasmProgram, "wat"> & { readonly path: string });

export type StoredArtifact = Omit<Artifact, "program"> & { readonly program: StoredProgram };

/** The JSON or a text is not what this version of Motley writes. */
export class StoredArtifactError extends Error {
  override readonly name = "StoredArtifactError";
}

const moduleName = "module";

/** Takes the texts out of an artifact. */
export function storeArtifact({ program, ...rest }: Artifact): {
  readonly stored: StoredArtifact;
  readonly texts: readonly StoredText[];
} {
  if (program.kind === "wasm") {
    const { wat, ...others } = program;
    const path = `${moduleName}.wat`;
    return {
      stored: { ...rest, program: { ...others, path } },
      texts: [{ name: moduleName, path, text: wat }],
    };
  }
  if (program.kind === "cuda") {
    const texts = program.kernels.map(({ name, source }) => ({
      ...{ name, text: source },
      path: `kernels/${name}.cu`,
    }));
    const kernels = program.kernels.map(({ source: _source, ...kernel }) => ({
      ...kernel,
      path: `kernels/${kernel.name}.cu`,
    }));
    return { stored: { ...rest, program: { ...program, kernels } }, texts };
  }
  const texts = program.shaders.map(({ name, code }) => ({
    ...{ name, text: code },
    path: `kernels/${name}.wgsl`,
  }));
  const shaders = texts.map(({ name, path }) => ({ name, path }));
  return { stored: { ...rest, program: { ...program, shaders } }, texts };
}

/** Puts the texts, by name, back into what the JSON holds; throws `StoredArtifactError` where they do not fit. */
export function readArtifact(json: unknown, texts: Readonly<Record<string, string>>): Artifact {
  const { program, ...rest } = checkFormat(json);
  const textOf = (name: string, path: string): string => {
    const text = Object.hasOwn(texts, name) ? texts[name] : undefined;
    if (text === undefined) throw new StoredArtifactError(`the text of \`${name}\` (${path}) is missing`);
    return text;
  };
  if (program.kind === "wasm") {
    const { path, ...others } = program;
    return { ...rest, program: { ...others, wat: textOf(moduleName, path) } };
  }
  if (program.kind === "cuda") {
    const kernels = program.kernels.map(({ path, ...kernel }) => ({
      ...kernel,
      source: textOf(kernel.name, path),
    }));
    return { ...rest, program: { ...program, kernels } };
  }
  const shaders = program.shaders.map(({ name, path }) => ({ name, code: textOf(name, path) }));
  return { ...rest, program: { ...program, shaders } };
}

function checkFormat(json: unknown): StoredArtifact {
  const format: unknown =
    typeof json === "object" && json !== null && "format" in json ? json.format : undefined;
  if (format === artifactFormat) return json as StoredArtifact;
  throw new StoredArtifactError(
    typeof format === "number"
      ? `this step was built in format ${format}, and this Motley reads format ${artifactFormat}: build it again`
      : "this is not a training step that `motley build` wrote",
  );
}

/** JSON that people can look into: what is long has a line for each of its entries, two levels deep. */
export function storedText(stored: StoredArtifact): string {
  return `${layOut(stored, 0)}\n`;
}

const longest = 100;
const deepest = 2;

function layOut(value: unknown, depth: number): string {
  const text = JSON.stringify(value);
  if (text.length <= longest || depth === deepest || typeof value !== "object" || value === null) return text;
  const indent = "  ".repeat(depth + 1);
  const isList = Array.isArray(value);
  if (isList && value.every((item) => typeof item === "number")) return text;
  const entries = isList
    ? value.map((item) => layOut(item, depth + 1))
    : Object.entries(value).flatMap(([name, item]) =>
        item === undefined ? [] : [`${JSON.stringify(name)}: ${layOut(item, depth + 1)}`],
      );
  const [open, close] = isList ? ["[", "]"] : ["{", "}"];
  return `${open}\n${entries.map((entry) => indent + entry).join(",\n")}\n${"  ".repeat(depth)}${close}`;
}
