// codes-command.ts: the 5xxx rows of the table in codes.ts: what goes wrong before there is a text to point into.
// In: nothing. Out: plain data. They occur in `check --json`, where every file named gets an answer.

export const commandCodes = {
  MOT5001: {
    title: "a file cannot be read",
    explanation:
      "A file named on the command line does not exist, is a folder, or may not be read. The message says which.",
    example: "",
  },
} as const;
