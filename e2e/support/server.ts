// A real `fluxo serve` with a data folder of its own.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const PROGRAM = process.env.FLUXO_BIN ?? "";
const READY_MS = 30_000;

export class Fluxo {
  readonly data = mkdtempSync(join(tmpdir(), "fluxo-e2e-"));
  url = "";
  private child?: ChildProcess;
  private lines: string[] = [];

  /** Starts it and waits until it says that it is ready. A second call after `stop` or `kill` opens the same data. */
  async start(env: Record<string, string> = {}): Promise<void> {
    if (!PROGRAM) throw new Error("FLUXO_BIN is not set. Run `cargo xtask test browser`.");
    const port = this.url ? new URL(this.url).port : String(await freePort());
    this.url = `http://127.0.0.1:${port}`;
    const child = spawn(PROGRAM, ["serve", "--listen", `127.0.0.1:${port}`, "--data", this.data], {
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => this.lines.push(text));
    }
    const end = Date.now() + READY_MS;
    while (!(await this.ready())) {
      if (child.exitCode !== null) throw new Error(`The server ended with status ${child.exitCode}.\n${this.log()}`);
      if (Date.now() > end) throw new Error(`The server was not ready within ${READY_MS} ms.\n${this.log()}`);
      await new Promise((done) => setTimeout(done, 25));
    }
  }

  /** Asks it to end and waits for that. */
  stop = () => this.end("SIGTERM");

  /** Ends it as a power cut would. */
  kill = () => this.end("SIGKILL");

  /** Ends it and removes its data. */
  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.data, { recursive: true, force: true });
  }

  /** Runs another of the program's commands on the same data; gives its standard output. */
  cli(args: string[], input = ""): string {
    const done = spawnSync(PROGRAM, [...args, "--data", this.data], { input, encoding: "utf8" });
    if (done.status !== 0) throw new Error(`fluxo ${args.join(" ")} failed.\n${done.stdout}${done.stderr}`);
    return done.stdout;
  }

  /** What it wrote so far. */
  log(): string {
    return this.lines.join("");
  }

  get pid(): number {
    return this.child?.pid ?? 0;
  }

  private async ready(): Promise<boolean> {
    try {
      return (await fetch(`${this.url}/health/ready`)).ok;
    } catch {
      return false;
    }
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const child = this.child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((done) => child.once("exit", done));
    const patience = setTimeout(() => child.kill("SIGKILL"), 20_000);
    child.kill(signal);
    await ended;
    clearTimeout(patience);
  }
}

export function freePort(): Promise<number> {
  return new Promise((done, failed) => {
    const server = createServer().once("error", failed);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => done(typeof address === "object" && address ? address.port : 0));
    });
  });
}
