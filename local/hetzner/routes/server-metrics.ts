import { invalidField } from "../api-error.ts";
import type { Call, Reply } from "../call.ts";
import type { ServerRecord } from "../records.ts";
import { timestamp } from "../timestamp.ts";
import { findServer } from "./servers.ts";

/** The time series of each type, with the middle of their made-up values. */
const series = {
  cpu: { cpu: 12 },
  disk: {
    "disk.0.iops.read": 4,
    "disk.0.iops.write": 9,
    "disk.0.bandwidth.read": 60_000,
    "disk.0.bandwidth.write": 140_000,
  },
  network: {
    "network.0.pps.in": 30,
    "network.0.pps.out": 25,
    "network.0.bandwidth.in": 18_000,
    "network.0.bandwidth.out": 42_000,
  },
} as const;

const samplesDefault = 200;
const samplesMax = 500;
const keptMs = 30 * 86_400_000;

function readTypes(query: URLSearchParams): (keyof typeof series)[] {
  const isType = (text: string): text is keyof typeof series => Object.hasOwn(series, text);
  const words = query.getAll("type").flatMap((text) => text.split(","));
  if (words.length === 0 || !words.every(isType)) throw invalidField("type", "must be cpu, disk or network");
  return words.filter(isType);
}

function readInstant(query: URLSearchParams, name: string): number {
  const ms = Date.parse(query.get(name) ?? "");
  if (Number.isNaN(ms)) throw invalidField(name, "must be a date and time");
  return ms;
}

/** Seconds between two samples: as asked, but never more than 500 samples; 200 when nothing was asked. */
function readStep(query: URLSearchParams, seconds: number): number {
  const text = query.get("step");
  const least = Math.ceil(seconds / samplesMax);
  if (text === null) return Math.max(1, Math.ceil(seconds / samplesDefault));
  const step = Number(text);
  if (!(step > 0)) throw invalidField("step", "must be a positive number");
  return Math.max(step, least);
}

/** What a server that is off, or is not there yet, shows of its usual load. */
const idleShare = 0.001;

/**
 * A value that looks measured and is the same whenever it is asked for. It is a trace for a server that is off and for
 * instants before it was made, and not 0: the plot of hcloud-cli 1.30.3 panics on a series of nothing but zeros.
 */
function valueAt(server: ServerRecord, middle: number, atSeconds: number): string {
  const isIdle = atSeconds * 1000 < server.createdMs || server.status === "off";
  const load = middle * (1 + 0.5 * Math.sin(atSeconds / 900 + server.id));
  return (isIdle ? load * idleShare : load).toFixed(6);
}

/** GET /servers/{id}/metrics: made-up values at believable instants. */
export function getServerMetrics(call: Call): Reply {
  const server = findServer(call);
  const types = readTypes(call.query);
  const [startMs, endMs] = [readInstant(call.query, "start"), readInstant(call.query, "end")];
  if (endMs < startMs) throw invalidField("end", "must not be before start");
  if (startMs < call.nowMs - keptMs) throw invalidField("start", "must not be more than 30 days ago");
  const step = readStep(call.query, (endMs - startMs) / 1000);
  const count = Math.floor((endMs - startMs) / 1000 / step) + 1;
  const instants = Array.from({ length: Math.min(count, samplesMax) }, (_, index) => startMs / 1000 + index * step);
  const timeSeries = types.flatMap((type) =>
    Object.entries(series[type]).map(([name, middle]) => {
      const values = instants.map((instant) => [instant, valueAt(server, middle, instant)]);
      return [name, { values }] as const;
    }),
  );
  const metrics = {
    start: timestamp(startMs),
    end: timestamp(endMs),
    step,
    time_series: Object.fromEntries(timeSeries),
  };
  return { status: 200, body: { metrics } };
}
