// main.ts: where `motley` starts. In: the arguments of the process. Out: its exit code, never a stack trace.
// Nothing here calls `process.exit` on the normal way out: what was written to a pipe must still arrive.

import { runCommandLine } from "./program.ts";

// A reader that has seen enough (`| head`) is no failure of ours.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
    if (stream === process.stdout) process.stderr.write(`error: cannot write to stdout: ${error.message}\n`);
    process.exit(1);
  });
}

process.exitCode = await runCommandLine(process.argv.slice(2));
