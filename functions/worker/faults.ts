/** From the SDK's errors to the domain's faults. */
import type { ProviderFault } from "../../shared/domain/failure.ts";
import type { Read } from "../../shared/domain/plans/plan.ts";
import { HetznerError } from "../../shared/hetzner/index.ts";

/** The classes of both are one list: a class that the domain does not know does not compile here. */
export const faultOf = (error: HetznerError): ProviderFault => ({
  class: error.class,
  code: error.code,
  retryable: error.retryable,
  effect: error.effect,
  phase: error.phase,
  message: error.message,
  correlationId: error.correlationId,
});

/** What an outside call answers, or its fault. Anything but a provider's error is a bug and is thrown. */
export const attempt = async <T>(call: () => Promise<T>): Promise<Read<T>> => {
  try {
    return { ok: true, value: await call() };
  } catch (error) {
    if (error instanceof HetznerError) return { ok: false, fault: faultOf(error) };
    throw error;
  }
};

/** A fault of our own making, for what was not even asked. */
export const ownFault = (faultClass: ProviderFault["class"], message: string): ProviderFault => ({
  class: faultClass,
  code: null,
  retryable: faultClass === "rate_limited",
  effect: "none",
  phase: "request",
  message,
  correlationId: null,
});
