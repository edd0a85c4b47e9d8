/**
 * Whether this process ever lost a device: before that nobody needs to look
 * whether data are still there.
 *
 * @module
 */

let hasLost = false;

/** Notes that a device was lost. */
export function noteLoss(): void {
  hasLost = true;
}

/**
 * Whether a device was lost so far.
 *
 * @returns True from the first loss on.
 */
export function wasDeviceLost(): boolean {
  return hasLost;
}
