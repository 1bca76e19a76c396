import { findErrorRow } from "./error-table.ts";
import type { Settings } from "./options.ts";
import { UNREADABLE_CODE } from "./schemas/common.ts";

/** What stands in the place of an error's code. */
interface ReadCode {
  readonly code: string | null;
  readonly isCodeUnreadable: boolean;
}

/** `onUnknownCode` hears of a word that the table lacks, and that there was something that is no word. Never its text. */
export function reportUnknownCode({ onUnknownCode }: Settings, { code, isCodeUnreadable }: ReadCode): void {
  if (isCodeUnreadable) onUnknownCode(UNREADABLE_CODE);
  else if (code !== null && findErrorRow(code) === undefined) onUnknownCode(code);
}
