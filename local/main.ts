/** `npm start`: runs the local cloud until Ctrl-C. */
import { type Asked, parseFlags, usage } from "./cloud/flags.ts";
import { needsLinux, progressLine, readyMessage } from "./cloud/message.ts";
import { untilToldToStop } from "./cloud/signals.ts";
import { type Cloud, startCloud } from "./cloud/start.ts";

const log = (line: string) => console.log(progressLine(performance.now(), line));

type Start = Extract<Asked, { type: "start" }>;

async function runCloud({ ports, dir, machines }: Start): Promise<number> {
  const told = untilToldToStop(process, () => performance.now());
  told.signal.addEventListener("abort", () => log("Stopping ..."), { once: true });
  if (process.platform !== "linux") log(needsLinux);
  let cloud: Cloud;
  try {
    cloud = await startCloud({ ports, dir, machines, platform: process.platform, log, signal: told.signal });
  } catch (error) {
    if (told.signal.aborted) return told.exitCode();
    console.error(error instanceof Error ? error.message : String(error));
    return 1;
  }
  console.log(readyMessage({ stack: cloud.stack, cookieFile: `${dir}/cookies`, machines: cloud.machines }));
  const died = cloud.emulatorGone.then(() => "died" as const);
  const why = await Promise.race([told.promise, died]);
  if (why === "died") console.error(`The AWS emulator has ended by itself (log: ${dir}/aws/emulator.log). Stopping.`);
  await cloud.stop();
  log("Stopped.");
  return why === "died" ? 1 : 0;
}

async function main(args: readonly string[]): Promise<number> {
  const asked = parseFlags(args);
  if (asked.type === "start") return runCloud(asked);
  if (asked.type === "help") console.log(usage);
  else console.error(`${asked.message}\n\n${usage}`);
  return asked.type === "help" ? 0 : 2;
}

// A closed terminal takes no more text; that must not keep us from cleaning up.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
process.exit(await main(process.argv.slice(2)));
