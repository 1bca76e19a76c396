/** What one step of a plan says about one look, as a value: the plan alone knows deadlines, attempts and the way back. */
import type { ProviderFault } from "../failure.ts";
import type { Failure } from "../job.ts";
import type { Facts, OutsideWrite, State } from "./plan.ts";

export type StepResult =
  /** Complete. The next step sees the same facts, unless it needs others. */
  | { readonly kind: "done"; readonly state: State; readonly detail: string }
  /** What it wants to see was not read in this look. */
  | { readonly kind: "unread"; readonly state: State }
  /** Not yet. `overdue` is the failure once the step's time is over, where no look gave a better reason. */
  | { readonly kind: "wait"; readonly state: State; readonly waitMs: number; readonly overdue: Failure }
  | { readonly kind: "missed"; readonly state: State; readonly fault: ProviderFault }
  | { readonly kind: "write"; readonly state: State; readonly write: OutsideWrite; readonly waitMs: number }
  /** This attempt is over; another may follow. */
  | { readonly kind: "attempt_failed"; readonly state: State; readonly failure: Failure }
  /** The job will not succeed any more. */
  | { readonly kind: "failed"; readonly state: State; readonly failure: Failure };

export type Step = (facts: Facts) => StepResult;
