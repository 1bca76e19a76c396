/** Connecting: a live check, one decision, and a token that becomes current in one write or not at all. */
import type { ProviderId } from "../../contracts/models.ts";
import {
  afterConnect,
  type ConnectDecision,
  decideConnect,
  explain,
  explainMismatch,
  storedToken,
} from "../../shared/domain/credential-check.ts";
import { disconnectedProvider, type ProviderRecord, tokenSecretName } from "../../shared/domain/provider.ts";
import { getInstallation } from "../../shared/store/installation.ts";
import {
  changeProvider,
  destroyRetired,
  findProvider,
  makePendingSecret,
  providerInUse,
  putBudget,
  settlePendingSecret,
} from "../../shared/store/providers.ts";
import { ApiProblem } from "../http/problem.ts";
import { checkCredential, type LiveCheck } from "./check.ts";
import type { ProvidersDeps } from "./deps.ts";
import { ensureManagedKey } from "./managed-key.ts";

export interface ConnectRequest {
  readonly providerId: ProviderId;
  readonly token: string;
  /** The check ends by then. */
  readonly endMs: number;
}

/**
 * Checks a token and stores it as far as the check allows. Throws `provider_credential_refused`,
 * `provider_project_mismatch` and `conflict`, each of which left everything as it was.
 */
export const connectProvider = async (deps: ProvidersDeps, request: ConnectRequest): Promise<ProviderRecord> => {
  const { providerId, token, endMs } = request;
  const installation = await getInstallation(deps.table, deps.makeId);
  const before = (await findProvider(deps.table, providerId)) ?? disconnectedProvider(providerId, deps.clock.now());
  const managedKey = await ensureManagedKey(deps, { providerId, installation, known: before.managedKey });
  const use = await providerInUse(deps.table);
  const check = await checkCredential(deps, { token, installation, managedKey, use, endMs });
  const decision = decideConnect(check.verdict, storedToken(before), check.project);
  deps.log.info("provider_connect", {
    provider_id: providerId,
    verdict: check.verdict,
    decision,
    detail: check.detail,
  });
  refuse(decision, check);
  const secret = decision === "show_refused" ? null : tokenSecretName(installation, deps.makeId());
  return applyConnect(deps, { ...request, before, check, decision, secret });
};

function refuse(decision: ConnectDecision, check: LiveCheck): asserts decision is Change["decision"] {
  if (decision === "project_mismatch")
    throw new ApiProblem("provider_project_mismatch", explainMismatch.message, { guidance: explainMismatch.guidance });
  if (decision !== "refuse") return;
  const { message, guidance } = explain(check, "old_one_stays");
  throw new ApiProblem("provider_credential_refused", message, { guidance, details: { status_reason: check.verdict } });
}

interface Change extends ConnectRequest {
  readonly before: ProviderRecord;
  readonly check: LiveCheck;
  readonly decision: Exclude<ConnectDecision, "refuse" | "project_mismatch">;
  readonly secret: string | null;
}

const applyConnect = async (deps: ProvidersDeps, change: Change): Promise<ProviderRecord> => {
  const { providerId, token, before, check, secret } = change;
  const { table } = deps;
  const nowMs = deps.clock.now();
  if (secret !== null) await makePendingSecret(deps, { name: secret, value: token, providerId, nowMs });
  const outdated = check.project === "not_asked" && (await providerInUse(table)) !== null;
  const changed = outdated
    ? null
    : await changeProvider(table, { id: providerId, nowMs }, (current) =>
        current.tokenSecret === before.tokenSecret ? afterConnect(current, { ...change, nowMs }) : null,
      );
  await tidy(deps, async () => {
    if (secret !== null) await settlePendingSecret(deps, { name: secret, isCurrent: changed !== null });
    if (changed !== null) await destroyRetired(deps, changed, nowMs);
  });
  if (changed === null) throw changedMeanwhile();
  if (secret !== null && check.budget !== null) await putBudget(table, providerId, check.budget);
  return changed;
};

/** What is left undone here the sweeper does, so it must not turn a change that is made into an error. */
export const tidy = async ({ log }: Pick<ProvidersDeps, "log">, work: () => Promise<void>): Promise<void> => {
  try {
    await work();
  } catch (error) {
    log.warn("provider_tidy_failed", { error });
  }
};

const changedMeanwhile = () =>
  new ApiProblem(
    "conflict",
    "The connection or what uses it changed while the token was checked. Nothing was changed.",
    {
      guidance: ["Look at the connection as it is now, then connect again."],
    },
  );
