/**
 * The words of shared memory through which threads agree on a job.
 *
 * A job is open while bit 0 of `STATE` is set; the bits above count the
 * workers that take part. Workers join open jobs only, so what describes a job
 * may be rewritten once it is closed and nobody takes part.
 *
 * @module
 */

/** Position of each word. */
export const CONTROL = {
  /** Counts jobs; workers sleep on it. */
  generation: 0,
  /** Whether a job is open, and how many workers take part. */
  state: 1,
  /** First work item that nobody has taken. */
  next: 2,
  /** End of the work items. */
  end: 3,
  /** Work items that are taken at once. */
  grain: 4,
  /** Number of the module. */
  module: 5,
  /** Address of the module's text. */
  textAddress: 6,
  /** Length of the module's text. */
  textLength: 7,
  /** Address of the parameter block. */
  parameters: 8,
  /** Address of the first worker's scratch memory. */
  scratch: 9,
  /** Bytes of one worker's scratch memory. */
  scratchBytes: 10,
  /** Pages of the memory. */
  pages: 11,
  /** Length of the text of the first error, or 0. */
  errorLength: 12,
  /** The first error's text, one character a word. */
  error: 16,
} as const;

/** Longest text of an error. */
export const ERROR_LENGTH = 240;

/** Words in all. */
export const CONTROL_WORDS = 16 + ERROR_LENGTH;

/** What a worker is given. */
export interface WorkerStart {
  /** The shared memory. */
  readonly memory: WebAssembly.Memory;
  /** Address of the control words. */
  readonly control: number;
  /** Number of the worker, from 0. */
  readonly worker: number;
  /** Positions of the control words. */
  readonly words: typeof CONTROL;
  /** Longest text of an error. */
  readonly errorLength: number;
  /** Milliseconds to look for the next job before falling asleep. */
  readonly spinMilliseconds: number;
}
