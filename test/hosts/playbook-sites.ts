/** What tests of `ansible/` do and ask on a host again and again. */
import { expect } from "vitest";
import { hostileFile, type PlaybookHost, type PlaybookRun } from "./playbook-host.ts";

/** An environment as a playbook is told about it. */
export interface EnvironmentVars {
  readonly id: string;
  readonly user: string;
  readonly host: string;
  readonly url: string;
  readonly type: string;
  readonly release: string;
}

/** `label` is the first part of its name, `user` its Linux user. */
export function environmentOf(label: string, user: string, type: string): EnvironmentVars {
  const host = `${label}.acme.198-18-0-1.localhost`;
  const id = `01900000-0000-7000-8000-${user.slice(3)}`;
  return { id, user, host, url: `http://${host}:8088`, type, release: "89abcdef" };
}

/** The distribution's own package. */
export const packaged = { kind: "package" };

/** Means something to a shell, SQL, Jinja, PHP, HTML and printf, and nothing to what WordPress makes pretty. */
export const hostileTitle = `<script>alert(1)</script> {{ 7 * 7 }} {% raw %} $(touch ${hostileFile}) ; DROP TABLE wp_posts; \\ &amp; %s %d $HOME <?php x ?> é 😀`;
/** With the quotes and dashes that WordPress does make pretty on a page. */
export const quotedTitle = `it's "quoted" -- \`touch ${hostileFile}\` {{ lookup('pipe', 'touch ${hostileFile}') }} ... \\' \\\\`;
/** WordPress takes it for an address of e-mail. */
export const hostileEmail = "o'brien+`id`{{7*7}}|$HOME@example.com";

/** Text of a page without its entities. */
export const decode = (html: string): string =>
  html
    .replace(/&#0?39;/g, "'")
    .replaceAll("&quot;", '"')
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&");

export const titleOf = (page: string): string => decode(/<title>(.*?)<\/title>/s.exec(page)?.[1] ?? "");

export const databaseOf = ({ user, release }: Pick<EnvironmentVars, "user" | "release">): string =>
  `${user}_${release}`;

/** What env-delete and site-delete are told. */
export const deleting = (...environments: readonly EnvironmentVars[]) => ({
  environments: environments.map(({ id, user }) => ({ id, user })),
});

/** A command that asks an environment for a page, at the host itself. */
export const get = ({ url }: Pick<EnvironmentVars, "url">, path = "/", options = ""): string =>
  `curl -sS -m 20 ${options} -H 'Host: ${new URL(url).host}' 'http://127.0.0.1${path}'`;

/** What is done and asked on one host. */
export interface Sites {
  /** Runs a playbook and writes down how long it took. */
  play(playbook: string, vars: object, label?: string): Promise<PlaybookRun>;
  /** As `play`, and expects it to end well. */
  succeed(playbook: string, vars: object, label?: string): Promise<PlaybookRun>;
  /** One line for each run so far. */
  readonly figures: readonly string[];
  statusOf(environment: EnvironmentVars, path?: string): Promise<string>;
  page(environment: EnvironmentVars, path?: string): Promise<string>;
  query(environment: EnvironmentVars, sql: string): Promise<string>;
  optionOf(environment: EnvironmentVars, name: string): Promise<string>;
  /** Changes with every file and every row of an environment, but for what WordPress itself writes when it is asked for a page. */
  fingerprintOf(environment: EnvironmentVars): Promise<string>;
  /** Everything on the host that has an environment's name in it. */
  tracesOf(environment: EnvironmentVars): Promise<string>;
  /** Answer to a page of PHP that somebody has brought into an environment. */
  runPhp(environment: EnvironmentVars, code: string): Promise<string>;
}

export function makeSites(host: PlaybookHost): Sites {
  const figures: string[] = [];
  const play: Sites["play"] = async (playbook, vars, label = playbook) => {
    const run = await host.run({ playbook, vars });
    figures.push(`${label}: ${run.seconds.toFixed(1)} s, changed=${run.recap?.changed}`);
    return run;
  };
  const query: Sites["query"] = (environment, sql) =>
    host.feed(`mariadb --raw --skip-column-names ${databaseOf(environment)}`, sql);
  return {
    play,
    figures,
    query,
    succeed: async (playbook, vars, label) => {
      const run = await play(playbook, vars, label);
      expect(run.exitCode, run.log.slice(-3000)).toBe(0);
      return run;
    },
    statusOf: (environment, path) => host.tell(get(environment, path, "-o /dev/null -w '%{http_code}'")),
    page: (environment, path) => host.tell(get(environment, path)),
    optionOf: async (environment, name) =>
      (await query(environment, `SELECT option_value FROM wp_options WHERE option_name = '${name}';`)).replace(
        /\n$/,
        "",
      ),
    fingerprintOf: (environment) => host.feed("bash -euo pipefail -s", fingerprint(environment)),
    tracesOf: ({ user }) => host.tell(`{ ${traces(user)}; } | cat`),
    runPhp: async (environment, code) => {
      const file = `/srv/pressluft/${environment.user}/current/htdocs/probe.php`;
      await host.feed(`runuser -u ${environment.user} -- tee ${file} >/dev/null`, code);
      const answer = await host.tell(get(environment, "/probe.php"));
      await host.tell(`rm ${file}`);
      return answer;
    },
  };
}

const fingerprint = ({ user, release }: EnvironmentVars): string => {
  const files =
    "find . -printf '%p %M %u %g %s %T@\\n' | sort | sha256sum; find . -type f -print0 | sort -z | xargs -0 cat | sha256sum";
  const dump = `mariadb-dump --skip-dump-date --skip-comments --skip-extended-insert ${user}_${release}`;
  const settled = "sed 's/ AUTO_INCREMENT=[0-9]*//' | grep -av \"_transient_\\|'cron'\"";
  return `cd /srv/pressluft/${user}/releases/${release} && { ${files}; ${dump} | ${settled} | sha256sum; }`;
};

const traces = (user: string): string => {
  const folders = "/srv/pressluft /etc/nginx /etc/php /var/tmp /tmp /var/lib/mysql /run/php";
  const sql = `SHOW DATABASES LIKE '${user}%'; SELECT User FROM mysql.global_priv WHERE User = '${user}'`;
  const accounts = `getent passwd ${user}; getent group ${user}; pgrep -u ${user} 2>/dev/null`;
  return `find ${folders} -name '*${user}*'; ${accounts}; mariadb -N -e "${sql}"`;
};
