/**
 * How the phases of a node look: one sign and one colour for panels, bars and
 * graphs alike.
 *
 * @module
 */

import type { NodePhase } from "./run_view.ts";

/** The look of a phase. */
export interface PhaseStyle {
  /** One character that tells it without colour. */
  readonly sign: string;
  /** Colour of bars and outlines, legible on light and dark paper. */
  readonly color: string;
  /** Code of the colour in a terminal. */
  readonly ansi: number;
}

/** The look of each phase. */
export const PHASE_STYLES: Readonly<Record<NodePhase, PhaseStyle>> = {
  waiting: { sign: "·", color: "#9aa1a9", ansi: 90 },
  running: { sign: "▸", color: "#3f9ecf", ansi: 36 },
  computed: { sign: "✓", color: "#4477aa", ansi: 34 },
  reused: { sign: "↺", color: "#2f9e62", ansi: 32 },
  skipped: { sign: "–", color: "#9aa1a9", ansi: 90 },
  failed: { sign: "✗", color: "#d2444f", ansi: 31 },
  cancelled: { sign: "◼", color: "#c58a1c", ansi: 33 },
};
