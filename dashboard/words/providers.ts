/** Providers in words: whether servers can be ordered, what a connection is for, how much may still be asked. */
import type { ApiError, ProviderConnection } from "../../contracts/models.ts";
import { spanWord } from "./amounts.ts";
import { type Look, reasonWords } from "./looks.ts";

type Capability = ProviderConnection["capabilities"][number];

/** What Pressluft does with the connection. */
export const capabilityWords: Readonly<Record<Capability, string>> = {
  node_acquisition: "Create and delete servers",
  provider_health: "Check that it answers",
};

/** Hetzner's last word on a token; anything else says only that it could not be asked. */
const refusals: readonly ProviderConnection["status_reason"][] = ["credential_rejected", "token_readonly"];

const wordOf = ({ status, status_reason, secret_configured, display_name }: ProviderConnection): string => {
  if (status === "connected") return `${display_name} is connected: nodes can be created.`;
  if (status === "disconnected") return `${display_name} is not connected: no node can be created.`;
  if (!secret_configured) return `${display_name} needs attention: the last token was refused and is not stored.`;
  return refusals.includes(status_reason)
    ? `${display_name} needs attention: its token does not work any more.`
    : `${display_name} needs attention: whether its token works is not known.`;
};

/** Can servers be ordered? One sentence a provider. */
export const answerOf = (providers: readonly ProviderConnection[]): string => providers.map(wordOf).join(" ");

export interface Budget extends Look {
  /** "in about 12 min", until as much as ever may be asked again; null: it may be already. */
  readonly fullIn: string | null;
}

const HOUR_MS = 3_600_000;
/** Below it Pressluft keeps what is left for orders and looks less often. */
const LOW = 0.1;

/** How much of the hour's requests is left. Hetzner gives them back evenly over the hour. */
export const budgetOf = ({ limit, remaining }: NonNullable<ProviderConnection["rate_limit"]>): Budget => {
  const spentShare = limit === 0 ? 1 : (limit - remaining) / limit;
  const fullIn = remaining >= limit ? null : `in about ${spanWord(spentShare * HOUR_MS)}`;
  if (remaining <= 0) return { word: "Used up: Pressluft waits", tone: "bad", fullIn };
  return spentShare > 1 - LOW
    ? { word: "Nearly used up: Pressluft looks less often", tone: "warn", fullIn }
    : { word: "Plenty", tone: "ok", fullIn };
};

/** Why it is as it is: the reason in our word for it, unless the API's message begins with that, and the message. */
export const sayWhy = ({
  status_reason,
  last_status_message,
}: Pick<ProviderConnection, "status_reason" | "last_status_message">): string => {
  const word = status_reason === null ? null : reasonWords[status_reason];
  return word === null || last_status_message.startsWith(word)
    ? last_status_message
    : `${word}. ${last_status_message}`;
};

export interface Diagnosis {
  readonly message: string;
  readonly guidance: readonly string[];
}

/** What came of the last token that was tried: one of both, or neither while nothing came back. */
export interface Outcome {
  readonly success: string | null;
  readonly diagnosis: Diagnosis | null;
}

export const nothingYet: Outcome = { success: null, diagnosis: null };

/**
 * In the API's words, for as long as it is so: `status` is the connection's own, of now. A token that is kept to be checked
 * again may turn out to be good, and one that was good may be taken out.
 */
export const outcomeOf = (
  answer: ProviderConnection | undefined,
  error: ApiError | null,
  status: ProviderConnection["status"],
): Outcome => {
  if (error !== null) return { ...nothingYet, diagnosis: { message: error.message, guidance: error.guidance ?? [] } };
  if (answer === undefined || status === "disconnected") return nothingYet;
  if (status === "connected") return { ...nothingYet, success: "Connected: reading and writing work." };
  if (answer.status === "connected") return nothingYet;
  return { ...nothingYet, diagnosis: { message: sayWhy(answer), guidance: answer.guidance } };
};
