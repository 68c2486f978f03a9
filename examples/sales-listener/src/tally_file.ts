// Stores the tally on disk.
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import type { Tally } from "./tally.js";

function sync(path: string) {
  const file = openSync(path, "r");
  fsyncSync(file);
  closeSync(file);
}

export class TallyFile {
  constructor(private readonly path: string) {}

  // Undefined if there is no file yet.
  read(): Tally | undefined {
    let text;
    try {
      text = readFileSync(this.path, "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
    return JSON.parse(text) as Tally;
  }

  // Atomic, whenever the program or the machine stops; durable when it returns.
  write(tally: Tally) {
    const temporary = `${this.path}.new`;
    const file = openSync(temporary, "w");
    writeSync(file, JSON.stringify(tally));
    fsyncSync(file);
    closeSync(file);
    renameSync(temporary, this.path);
    sync(dirname(this.path));
  }
}
