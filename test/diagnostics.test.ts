// diagnostics.test.ts: what the user is told about mistakes in the text of a spec, and how it is drawn.
// Every 1xxx code has a case in test/cases/diagnostics (source and message on one page), and the example of its
// explanation yields exactly that code. The style of messages is checked for every diagnostic of every case.

import { describe, expect, test } from "vitest";
import { codes, explain } from "../src/diagnostics/codes.ts";
import { syntaxCodes } from "../src/diagnostics/codes-syntax.ts";
import { error, warning } from "../src/diagnostics/diagnostic.ts";
import { countLine, renderDiagnostic, renderDiagnostics, toJson } from "../src/diagnostics/render.ts";
import type { Source, Span } from "../src/diagnostics/source.ts";
import { didYouMean, suggest } from "../src/diagnostics/suggest.ts";
import { parse } from "../src/syntax/build.ts";
import { expectSection, readCases, sourceOf } from "./support/case-file.ts";
import { expectStyle } from "./support/message-style.ts";

const cases = readCases("diagnostics", "MOT1");

describe("cases", () => {
  test.each(cases)("$name", (entry) => {
    const { diagnostics } = parse({ name: "spec.mot", text: sourceOf(entry) });
    expectSection(entry, "diagnostics", renderDiagnostics(diagnostics));
    const code = entry.name.slice(0, "MOT1000".length);
    expect(diagnostics.map((diagnostic) => diagnostic.code)).toContain(code);
    for (const diagnostic of diagnostics) expectStyle(diagnostic);
  });

  test("every code has a case", () => {
    const covered = new Set(cases.map((entry) => entry.name.slice(0, "MOT1000".length)));
    // No case for a file of more than a million characters.
    expect(Object.keys(syntaxCodes).filter((code) => !covered.has(code))).toEqual(["MOT1009"]);
  });
});

describe("codes", () => {
  test.each(Object.entries(syntaxCodes).filter(([, entry]) => entry.example !== ""))(
    "the example of %s",
    (code, entry) => {
      const { diagnostics } = parse({ name: "example.mot", text: entry.example });
      expect(new Set(diagnostics.map((diagnostic) => diagnostic.code))).toEqual(new Set([code]));
    },
  );

  test("a file of more than a million characters", () => {
    const { diagnostics } = parse({ name: "large.mot", text: "// large\n".repeat(200_000) });
    expect(diagnostics.map((diagnostic) => diagnostic.code)).toEqual(["MOT1009"]);
  });

  test("explain knows every code, in any case and without its letters", () => {
    for (const code of codes.keys()) expect(explain(code)).toContain(`${code}: `);
    expect(explain("mot1005")).toBe(explain("MOT1005"));
    expect(explain("1005")).toBe(explain("MOT1005"));
    expect(explain("MOT9999")).toBeUndefined();
    expect(explain("constructor")).toBeUndefined();
  });

  test("explanations are whole sentences", () => {
    for (const [code, entry] of Object.entries(syntaxCodes)) {
      expect(entry.title, code).toMatch(/^[^A-Z].*[^.]$/);
      expect(entry.explanation, code).toMatch(/\.$/);
    }
  });
});

describe("suggest", () => {
  test("another case comes before a near miss", () => {
    expect(suggest("Dim", ["dims", "dim", "din"])).toEqual(["dim", "dims", "din"]);
  });
  test("swapped letters are one mistake", () => {
    expect(suggest("lienar", ["linear", "merge"])).toEqual(["linear"]);
  });
  test("at most three, and none that is far", () => {
    expect(suggest("gate", ["gates", "gat", "late", "rate", "down"])).toHaveLength(3);
    expect(suggest("gate", ["down", "rms_norm"])).toEqual([]);
  });
  test("hostile names are ordinary", () => {
    expect(suggest("constructr", ["constructor", "__proto__"])).toEqual(["constructor"]);
  });
  test("didYouMean lists them in words", () => {
    expect(didYouMean("heds", ["heads", "reds", "x"])).toBe("did you mean `heads` or `reds`?");
    expect(didYouMean("q", ["heads"])).toBeUndefined();
  });
});

describe("render", () => {
  const text = `a\n\n   stream 256\n${"\n".repeat(10)}     image { ffn swiglu(192 -> 768) }\n`;
  const source: Source = { name: "mot.mot", text };
  const find = (part: string, within: Source = source): Span => {
    const start = within.text.indexOf(part);
    return { source: within, start, end: start + part.length };
  };

  test("two labels on distant lines, note and help", () => {
    const diagnostic = error("MOT1001", find("192"), "the widths differ", {
      label: "this must be 256",
      also: [{ span: find("256"), text: "the stream is 256 wide" }],
      note: "every modality reads and writes the same stream",
      help: "write `256`",
    });
    expect(`\n${renderDiagnostic(diagnostic)}\n`).toBe(`
error[MOT1001]: the widths differ
   ┌─ mot.mot:14:25
   │
 3 │    stream 256
   │           ─── the stream is 256 wide
   ·
14 │      image { ffn swiglu(192 -> 768) }
   │                         ^^^ this must be 256
   │
   = note: every modality reads and writes the same stream
   = help: write \`256\`
   = more: motley explain MOT1001
`);
  });

  test("several labels on one line, and a second file", () => {
    const other: Source = { name: "other.mot", text: "one\ntwo\nthree\nfour\n" };
    const diagnostic = warning("MOT1001", find("192"), "message", {
      also: [
        { span: find("768"), text: "first" },
        { span: find("two\nthree\nfour", other), text: "from here to there" },
      ],
    });
    expect(`\n${renderDiagnostic(diagnostic)}\n`).toBe(`
warning[MOT1001]: message
   ┌─ mot.mot:14:25
   │
14 │      image { ffn swiglu(192 -> 768) }
   │                         ^^^
   │                                ─── first
   │
   ├─ other.mot:2:1
   │
 2 │ two
   │ ───
   ·
 4 │ four
   │ ──── from here to there
   │
   = more: motley explain MOT1001
`);
  });

  test("tabs, wide characters, the end of the file and control characters", () => {
    const odd: Source = { name: "odd\u001b.mot", text: "\tx = 语言 y\r\nz\u0007" };
    const at = (start: number, end: number): Span => ({ source: odd, start, end });
    const shown = renderDiagnostic(
      error("MOT1001", at(8, 9), "a\u001b[31mb", {
        label: "y",
        also: [
          { span: at(5, 7), text: "wide" },
          { span: at(13, 13), text: "end" },
        ],
      }),
    );
    expect(`\n${shown}\n`).toBe(`
error[MOT1001]: a␛[31mb
  ┌─ odd␛.mot:1:9
  │
1 │     x = 语言 y
  │         ──── wide
  │              ^ y
2 │ z␇
  │   ─ end
  │
  = more: motley explain MOT1001
`);
  });

  test("a line of a million characters is clipped around each label", () => {
    const long: Source = { name: "long.mot", text: `${"a ".repeat(500_000)}` };
    const span = { source: long, start: 600_000, end: 600_001 };
    const also = [{ span: { source: long, start: 2, end: 3 }, text: "far" }];
    const lines = renderDiagnostic(error("MOT1001", span, "message", { label: "here", also })).split("\n");
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(140);
    const marker = lines.findIndex((line) => line.includes("^ here"));
    expect(lines[marker - 1]?.[lines[marker]?.indexOf("^") ?? 0]).toBe("a");
    expect(lines.some((line) => line.includes("─ far"))).toBe(true);
  });

  test("colours only when asked for", () => {
    const escapeSign = String.fromCharCode(27);
    const diagnostic = error("MOT1001", find("192"), "message");
    const plain = renderDiagnostics([diagnostic]);
    const colored = renderDiagnostics([diagnostic], { color: true });
    expect(plain).not.toContain(escapeSign);
    const [first, ...rest] = colored.split(escapeSign);
    expect(rest.length).toBeGreaterThan(8);
    expect([first, ...rest.map((part) => part.replace(/^\[\d+m/, ""))].join("")).toBe(plain);
  });

  test("at most twenty are shown, all are counted", () => {
    const many = Array.from({ length: 23 }, () => error("MOT1001", find("192"), "message"));
    const shown = renderDiagnostics(many);
    expect(shown.match(/error\[/g)).toHaveLength(20);
    expect(shown.endsWith("… and 3 more\n\n23 errors\n")).toBe(true);
    expect(countLine([...many.slice(0, 1), warning("MOT1001", find("192"), "message")])).toBe(
      "1 error and 1 warning",
    );
    expect(renderDiagnostics([])).toBe("");
  });

  test("JSON has lines and columns from 1", () => {
    const parts = { label: "here", help: "write `256`", also: [{ span: find("256"), text: "there" }] };
    expect(toJson(error("MOT1001", find("192"), "message", parts))).toEqual({
      code: "MOT1001",
      severity: "error",
      message: "message",
      file: "mot.mot",
      start: { line: 14, column: 25 },
      end: { line: 14, column: 28 },
      labels: [
        {
          file: "mot.mot",
          start: { line: 14, column: 25 },
          end: { line: 14, column: 28 },
          primary: true,
          text: "here",
        },
        {
          file: "mot.mot",
          start: { line: 3, column: 11 },
          end: { line: 3, column: 14 },
          primary: false,
          text: "there",
        },
      ],
      note: null,
      help: "write `256`",
    });
  });
});
