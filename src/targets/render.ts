// render.ts: a view and a template → text. The only file that knows Handlebars.
// In: the name of a template ("wasm/matmul") and plain data. Out: target text.
// Idea: a template shows loops, loads and stores and places strings; it decides nothing. So whatever it names must be
// in the view: a missing name throws, also under `#if` and `#each`, where Handlebars alone would print nothing.

import type Handlebars from "handlebars";
import untypedRuntime from "handlebars/runtime.js";
import { templates } from "./templates.generated.ts";

// The package's types leave out its runtime, which is all that templates compiled ahead need.
const runtime = untypedRuntime as unknown as typeof Handlebars;

export type View = { readonly [name: string]: ViewValue };
export type ViewValue = string | number | boolean | View | readonly ViewValue[];

type Compiled = (view: unknown) => string;

const compiled = new Map<string, Compiled>();
const folders = new Map<string, typeof Handlebars>();

/**
 * Renders `templates/NAME.*.hbs`.
 * - Partials are the files of the same folder whose names start with `_`.
 * - Throws for a template that does not exist and for a name that the view lacks.
 */
export function render(name: string, view: View): string {
  return compile(name)(guard(name, view));
}

function compile(name: string): Compiled {
  const known = compiled.get(name);
  if (known !== undefined) return known;
  const code = templates.get(name);
  if (code === undefined) throw new Error(`there is no template ${name}`);
  const template = environmentOf(name).template(code);
  compiled.set(name, template);
  return template;
}

/** One set of partials per folder, so that targets may use the same partial names. */
function environmentOf(name: string): typeof Handlebars {
  const folder = name.slice(0, name.indexOf("/") + 1);
  const known = folders.get(folder);
  if (known !== undefined) return known;
  const environment = runtime.create();
  for (const [other, code] of templates) {
    if (other.startsWith(`${folder}_`)) {
      environment.registerPartial(other.slice(folder.length), environment.template(code));
    }
  }
  folders.set(folder, environment);
  return environment;
}

/** A copy of the view in which every object throws when it is asked for a name it lacks. */
function guard(template: string, value: ViewValue): unknown {
  if (Array.isArray(value)) return value.map((item) => guard(template, item));
  if (typeof value !== "object") return value;
  const copy = Object.fromEntries(Object.entries(value).map(([name, item]) => [name, guard(template, item)]));
  const check = (name: string | symbol): void => {
    if (typeof name === "string" && !Object.hasOwn(copy, name) && !(name in Object.prototype)) {
      throw new Error(
        `template ${template} asks for \`${name}\`; the view has ${Object.keys(copy).join(", ")}`,
      );
    }
  };
  return new Proxy(copy, {
    get(target, name) {
      check(name);
      return Reflect.get(target, name);
    },
    getOwnPropertyDescriptor(target, name) {
      check(name);
      return Reflect.getOwnPropertyDescriptor(target, name);
    },
  });
}
