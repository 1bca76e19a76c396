/** Playbooks that nobody runs: what a stand-in does instead, by plan or, for want of one, as a healthy node would. */

/** How a run ends by itself. */
export type Ending =
  | { readonly result: unknown }
  | {
      /** The task it fails at. */
      readonly failedTask: string;
      /** Default 2. */
      readonly exitCode?: number;
      /** What the recap counts; null: there is none. Default `failed`. */
      readonly recap?: "failed" | "unreachable" | null;
    };

/** A run as its playbook sees it when it ends. */
export interface Ran {
  readonly id: string;
  readonly vars: unknown;
  /** The answers to what it asked for. */
  readonly given: readonly unknown[];
}

/** A run that really does something, as that sees it. */
export interface Working {
  readonly vars: unknown;
  /** How many parts a backup has. */
  readonly parts: number;
  /** Archives on the machine's disk, by the id of their backup. */
  readonly archives: Map<string, Buffer>;
  /** Aborted when its process goes away. */
  readonly signal: AbortSignal;
  /** Asks whoever started the run, and waits for the answer. */
  ask(need: unknown): Promise<unknown>;
}

/** Begins with the run; the run has ended when this has, and its time is over. */
export type Work = (run: Working) => Promise<Ending>;

export interface RunScript {
  /** From its start to its end, without the time in which it waits for answers. Default 5. */
  readonly seconds?: number;
  /** What it asks for on the way, one after the other. A run with `work` asks by itself. */
  readonly asks?: readonly unknown[];
  /** Usually it succeeds. `hangs`: it never ends. `is_cut_off`: its process is killed. */
  readonly end?: Ending | "hangs" | "is_cut_off" | ((run: Ran) => Ending);
  /** What it really does, if `end` does not say how it ends. */
  readonly work?: Work;
  /** How many parts a backup has that is really sent. Default 1. */
  readonly parts?: number;
}

/** A run that was begun. */
export interface BegunRun {
  readonly serverId: number;
  readonly id: string;
  readonly playbook: string;
  readonly vars: unknown;
  readonly timeoutMinutes: number;
  readonly atMs: number;
}

/** What the playbooks of all machines do. */
export interface Playbooks {
  /** The next runs of a playbook, the first first; what a script does not say is as usual. */
  plan(playbook: string, ...scripts: readonly RunScript[]): void;
  /** What a run of it does for which nothing is planned. */
  usually(playbook: string, script: RunScript): void;
  /** Every run that was begun, in order. */
  begun(): readonly BegunRun[];
  /**
   * Takes note of a run that begins now and says what it does: what is planned, or what the words in its names say, or the
   * usual. Throws when it was begun before: nobody may do that.
   */
  begin(run: BegunRun, said?: RunScript): RunScript;
}

interface PlaybooksOptions {
  /** Of a run for which nothing else is said. Default 5. */
  readonly seconds?: number;
  /** By playbook. Without, all that it would do is only told. */
  readonly work?: Readonly<Record<string, Work>>;
}

const wordpress = "6.1.9";
const results: Readonly<Record<string, unknown>> = {
  "node-provision": { php_version: "8.2", wordpress_version: wordpress, distribution: "Debian 12" },
  "site-create": { wordpress_version: wordpress },
  "env-create": { wordpress_version: wordpress },
  "backup-create": {
    sha256: "5e".repeat(32),
    size_bytes: 1000,
    parts: [{ number: 1, etag: "7d".repeat(16), size_bytes: 1000 }],
    wordpress_version: wordpress,
  },
};

const healthy = (playbook: string, work: Work | undefined): RunScript =>
  work === undefined
    ? { end: ({ vars }) => ({ result: playbook === "env-restore" ? restoredIn(vars) : (results[playbook] ?? {}) }) }
    : { work };

/** The mode that `env-restore` is to run in; undefined: these are no variables of it. */
export const modeOf = (vars: unknown): unknown =>
  typeof vars === "object" && vars !== null && "mode" in vars ? vars.mode : undefined;

const restoredIn = (vars: unknown): object => ({ mode: modeOf(vars), ok: true });

export const makePlaybooks = ({ seconds = 5, work = {} }: PlaybooksOptions = {}): Playbooks => {
  const planned = new Map<string, RunScript[]>();
  const usual = new Map<string, RunScript>();
  const begun: BegunRun[] = [];
  return {
    plan: (playbook, ...scripts) => void planned.set(playbook, [...(planned.get(playbook) ?? []), ...scripts]),
    usually: (playbook, script) => void usual.set(playbook, script),
    begun: () => begun,
    begin: (run, said = {}) => {
      if (begun.some(({ id, serverId }) => id === run.id && serverId === run.serverId))
        throw new Error(`the run ${run.id} was begun twice`);
      begun.push(run);
      const { playbook } = run;
      const own = { seconds, ...healthy(playbook, work[playbook]) };
      return { ...own, ...usual.get(playbook), ...said, ...planned.get(playbook)?.shift() };
    },
  };
};
