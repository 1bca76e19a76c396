import type { ServedRequest } from "./request-log.ts";
import type { Simulator } from "./simulator.ts";

const shownRequestsMax = 200;

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const escapeHtml = (value: unknown): string =>
  String(value).replace(/[&<>"]/g, (character) => entities[character] ?? "");

function table(headings: readonly string[], rows: readonly (readonly unknown[])[]): string {
  if (rows.length === 0) return "<p>none</p>";
  const cells = (row: readonly unknown[], tag: string) =>
    row.map((cell) => `<${tag}>${escapeHtml(cell)}</${tag}>`).join("");
  const body = rows.map((row) => `<tr>${cells(row, "td")}</tr>`).join("\n");
  return `<table><tr>${cells(headings, "th")}</tr>\n${body}</table>`;
}

function requestRow(request: ServedRequest): unknown[] {
  const time = new Date(request.atMs).toISOString().slice(11, 23);
  const path = request.query === "" ? request.path : `${request.path}?${request.query}`;
  const late = request.lateCommit === null ? "" : `, later ${request.lateCommit.status}`;
  const status = `${request.status ?? request.outcome}${late}`;
  return [request.number, time, request.method, path, status, request.tokenName ?? "", request.faults.join(" ")];
}

function projectSection(project: ReturnType<Simulator["state"]>["projects"][number]): string {
  const servers = project.servers.map((server) => [
    server.id,
    server.name,
    server.status,
    server.server_type.name,
    server.location.name,
    server.public_net.ipv4?.ip ?? "",
    JSON.stringify(server.labels),
  ]);
  const keys = project.ssh_keys.map((key) => [key.id, key.name, key.fingerprint]);
  const actions = project.actions
    .toReversed()
    .slice(0, 50)
    .map((action) => [action.id, action.command, action.status, `${action.progress} %`, action.error?.code ?? ""]);
  const addresses = project.primary_ips.map((address) => [address.id, address.ip, address.assignee_id ?? "unassigned"]);
  return `<h2>Project ${escapeHtml(project.name)}</h2>
<h3>Servers</h3>${table(["id", "name", "status", "type", "location", "IPv4", "labels"], servers)}
<h3>SSH keys</h3>${table(["id", "name", "fingerprint"], keys)}
<h3>Primary IPs</h3>${table(["id", "address", "server"], addresses)}
<h3>Last actions</h3>${table(["id", "command", "status", "progress", "error"], actions)}`;
}

/** A page that shows what the simulator holds and the last requests it served. */
export function renderPage(simulator: Simulator): string {
  const requests = simulator.requests();
  const shown = requests.slice(-shownRequestsMax).toReversed();
  const planned = simulator.planned().map(({ fault, matched }) => [JSON.stringify(fault), matched]);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Hetzner Cloud simulator</title>
<style>body{font:14px system-ui;margin:2em}table{border-collapse:collapse}td,th{border:1px solid #ccc;padding:2px 8px;text-align:left}</style>
</head><body><h1>Hetzner Cloud simulator</h1>
${simulator.state().projects.map(projectSection).join("\n")}
<h2>Planned faults</h2>${table(["fault", "matched"], planned)}
<h2>Requests served: ${requests.at(-1)?.number ?? 0}</h2>
${table(["#", "time", "method", "path", "status", "token", "faults"], shown.map(requestRow))}
</body></html>
`;
}
