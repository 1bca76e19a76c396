import type { RouteCount, ServedRequest } from "./request-log.ts";
import type { ProjectState, Simulator } from "./simulator.ts";

const shownRequestsMax = 200;
const shownActionsMax = 50;

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const escapeHtml = (value: unknown): string =>
  String(value).replace(/[&<>"]/g, (character) => entities[character] ?? "");

/** A cell that stands out: good, busy or bad. */
interface Badge {
  readonly text: string;
  readonly tone: "good" | "busy" | "bad" | "plain";
}

type Cell = string | number | Badge;

const cellText = (cell: Cell): string =>
  typeof cell === "object" ? `<span class="badge ${cell.tone}">${escapeHtml(cell.text)}</span>` : escapeHtml(cell);

function table(headings: readonly string[], rows: readonly (readonly Cell[])[]): string {
  if (rows.length === 0) return '<p class="none">none</p>';
  const head = headings.map((heading) => `<th>${escapeHtml(heading)}</th>`).join("");
  const body = rows.map((row) => `<tr>${row.map((cell) => `<td>${cellText(cell)}</td>`).join("")}</tr>`).join("\n");
  return `<div class="wide"><table><thead><tr>${head}</tr></thead><tbody>\n${body}\n</tbody></table></div>`;
}

const section = (title: string, content: string): string =>
  `<section><h3>${escapeHtml(title)}</h3>${content}</section>`;

const tones: Readonly<Record<string, Badge["tone"]>> = {
  running: "good",
  available: "good",
  success: "good",
  error: "bad",
};
const statusBadge = (status: string): Badge => ({
  text: status,
  tone: tones[status] ?? (status === "off" ? "plain" : "busy"),
});
/** An action that runs is under way; a server that runs is well. */
const actionBadge = (status: string): Badge =>
  status === "running" ? { text: status, tone: "busy" } : statusBadge(status);

function outcomeBadge(outcome: string): Badge {
  const tone = outcome.startsWith("2") ? "good" : outcome.startsWith("4") ? "busy" : "bad";
  return { text: outcome, tone };
}

const labelText = (labels: Readonly<Record<string, string>>): string =>
  Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(", ");

function serverRows({ servers }: ProjectState): Cell[][] {
  return servers.map((server) => [
    server.id,
    server.name,
    statusBadge(server.status),
    server.server_type.name,
    server.location.name,
    server.image?.name ?? server.image?.description ?? "",
    server.public_net.ipv4?.ip ?? "none",
    server.protection.delete ? "protected" : "",
    labelText(server.labels),
  ]);
}

function projectSections(project: ProjectState): string {
  const keys = project.ssh_keys.map((key) => [key.id, key.name, key.fingerprint]);
  const addresses = project.primary_ips.map((address) => [
    address.id,
    address.name,
    address.ip,
    address.assignee_id ?? { text: "unassigned, billed", tone: "busy" as const },
    address.auto_delete ? "with its server" : "by hand",
  ]);
  const images = project.images.map((image) => [
    image.id,
    image.type,
    statusBadge(image.status),
    image.description,
    image.created_from.name,
  ]);
  const actions = project.actions
    .toReversed()
    .slice(0, shownActionsMax)
    .map((action) => [
      action.id,
      action.command,
      actionBadge(action.status),
      `${action.progress} %`,
      action.resources.map(({ type, id }) => `${type} ${id}`).join(", "),
      action.error?.code ?? "",
    ]);
  const serverHeadings = ["id", "name", "status", "type", "location", "image", "IPv4", "", "labels"];
  return `<h2>Project ${escapeHtml(project.name)}</h2>
${section("Servers", table(serverHeadings, serverRows(project)))}
${section("Primary IPs", table(["id", "name", "address", "server", "deleted"], addresses))}
${section("SSH keys", table(["id", "name", "fingerprint"], keys))}
${project.images.length === 0 ? "" : section("Snapshots and backups", table(["id", "type", "status", "description", "of"], images))}
${section("Last actions", table(["id", "command", "status", "progress", "about", "error"], actions))}`;
}

function countRow({ method, route, total, outcomes }: RouteCount): Cell[] {
  const words = Object.entries(outcomes).map(([outcome, count]) => `${outcome}: ${count}`);
  return [method, route ?? "(no route)", total, words.join(", ")];
}

function requestRow(request: ServedRequest): Cell[] {
  const time = new Date(request.atMs).toISOString().slice(11, 23);
  const path = request.query === "" ? request.path : `${request.path}?${request.query}`;
  const late = request.lateCommit === null ? "" : `, later ${request.lateCommit.status}`;
  const outcome = outcomeBadge(`${request.status ?? request.outcome}${late}`);
  return [
    request.number,
    time,
    request.method,
    path,
    outcome,
    request.tokenName ?? "unknown",
    request.faults.join(" "),
  ];
}

const style = `
:root { color-scheme: light dark; --line: #8884; --soft: #8881; }
body { font: 14px/1.5 system-ui, sans-serif; margin: 0 auto; padding: 1.5rem; max-width: 80rem; }
h1 { margin: 0; font-size: 1.4rem; } h2 { margin: 2rem 0 0; font-size: 1.15rem; }
h3 { margin: 1rem 0 .3rem; font-size: .95rem; } p { margin: .2rem 0; }
.wide { overflow-x: auto; border: 1px solid var(--line); border-radius: 6px; }
table { border-collapse: collapse; width: 100%; }
th, td { padding: .25rem .7rem; text-align: left; white-space: nowrap; font-variant-numeric: tabular-nums; }
th { background: var(--soft); font-weight: 600; } tbody tr + tr td { border-top: 1px solid var(--line); }
.badge { border-radius: 4px; padding: 0 .4rem; background: var(--soft); }
.good { background: #2a93; } .busy { background: #d903; } .bad { background: #d333; }
.none, .note { opacity: .7; }
nav a { margin-right: 1rem; }`;

/** A page that shows what the simulator holds and what it served. It loads nothing from elsewhere. */
export function renderPage(simulator: Simulator): string {
  const { nowMs, projects, hostFailures } = simulator.state();
  const requests = simulator.requests();
  const counts = simulator.counts();
  const served = counts.reduce((sum, { total }) => sum + total, 0);
  const shown = requests.slice(-shownRequestsMax).toReversed();
  const planned = simulator.planned().map(({ fault, matched }) => [JSON.stringify(fault), matched]);
  const failures = hostFailures.map((line) => [line]);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Hetzner Cloud simulator</title>
<style>${style}</style>
</head><body>
<h1>Hetzner Cloud simulator</h1>
<p class="note">${new Date(nowMs).toISOString()}. The API is below /v1.</p>
<nav><a href="/">Look again</a><a href="/_control/state">State</a><a href="/_control/requests">Requests</a><a href="/_control/counts">Counts</a><a href="/_control/faults">Faults</a></nav>
${projects.map(projectSections).join("\n")}
<h2>Requests served: ${served}</h2>
${section("By route", table(["method", "route", "served", "outcomes"], counts.map(countRow)))}
${section(`Last ${shown.length}`, table(["#", "time", "method", "path", "outcome", "token", "faults"], shown.map(requestRow)))}
<h2>Faults</h2>
${section("Planned", table(["fault", "requests matched"], planned))}
${failures.length === 0 ? "" : section("What machines failed with", table(["call"], failures))}
</body></html>
`;
}
